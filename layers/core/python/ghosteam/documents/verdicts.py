"""What a window of predictions was found to be: drifted, degraded, or not to be judged.

Windows are half-open stretches of business time, ``[window_start, window_end)``. ``undetermined``
says why there is no verdict; ``damaged_records`` counts records of the prediction log that could
not be read, and ``log_loss`` is the share of predictions that the log lost in the hours in which
those of the window were made, null where nobody compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class FeatureMeasured:
    """One feature's window against the reference.

    ``distance`` in [0, 1] (``method`` names its detector) is drift above ``threshold``;
    ``null_rate`` is drift when it left ``reference_null_rate`` by more than ``null_threshold``.
    Without a distance, ``undetermined`` says why.
    """

    name: str
    method: str
    distance: float | None
    threshold: float | None
    psi: float | None
    null_rate: float
    reference_null_rate: float
    null_threshold: float
    undetermined: str | None


@dataclass(frozen=True)
class FeatureVerdict(FeatureMeasured):
    """What was measured of a feature, and whether it drifted."""

    drifted: bool


@dataclass(frozen=True, kw_only=True)
class DriftVerdict(Stored):
    """``share`` of the features drifted, in [0, 1]; ``drifted_features`` and ``features`` are in
    the order in which to look at them. ``sustained``: enough windows before this one drifted too.
    """

    kind: ClassVar[str] = "drift verdict"
    schema_version: ClassVar[int] = 2

    window_start: Moment
    window_end: Moment
    model_version: str | None
    drifted: bool = False
    sustained: bool = False
    share: float | None = None
    rows: int | None = None
    output_distances: Mapping[str, float] = field(default_factory=dict)
    drifted_features: tuple[str, ...] = ()
    features: tuple[FeatureVerdict, ...] = ()
    undetermined: str | None = None
    damaged_records: int = 0
    log_loss: float | None = None


@dataclass(frozen=True, kw_only=True)
class PerformanceVerdict(Stored):
    """``value`` of ``metric`` on so many ``labels``, ``lower`` and ``upper`` its bounds; degraded
    where it is past ``limit`` beyond what chance explains. ``metrics`` are told besides.
    ``predictions``: how many events of the window were predicted; ``labels`` of them have an
    outcome.
    """

    kind: ClassVar[str] = "performance verdict"

    window_start: Moment
    window_end: Moment
    model_version: str
    degraded: bool = False
    metric: str | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    limit: float | None = None
    labels: int | None = None
    predictions: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    undetermined: str | None = None
    damaged_records: int = 0
    log_loss: float | None = None
