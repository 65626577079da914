"""What a window of predictions was found to be: drifted or not, or not to be judged.

Windows are half-open stretches of business time, ``[window_start, window_end)``. ``undetermined``
says why there is no verdict; ``damaged_records`` counts records of the prediction log that could
not be read, and ``log_loss`` is the share of predictions that the log lost in the hours in which
those of the window were made, null where nobody compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored

ReferenceKind = Literal["training", "seasonal", "rolling"]
Role = Literal["feature", "output", "joint", "outcome", "calibration", "errors"]


@dataclass(frozen=True, kw_only=True)
class FeatureMeasured:
    """What a window has of a feature, of an output of the model, of all numbers of a row together,
    of outcomes, of how they keep what outputs promise (calibration), or of errors in the order of
    time, against the reference: the finding that says most.

    ``method`` names its detector; ``effect`` is its ``statistic`` as about the shift, in standard
    deviations, that would be as easily seen; ``p`` the chance of it among windows like the
    reference's own, for all that was looked at of this feature. ``told`` says in the feature's own
    units what it is, and was. ``importance``: the feature's share of what the model uses, null
    where that is not known; ``matters``: whether its drift asks for somebody. ``undetermined``: why
    there is nothing.
    """

    name: str
    role: Role
    method: str | None
    statistic: float | None
    p: float | None
    effect: float | None
    told: str | None
    importance: float | None
    matters: bool
    drifted: bool
    undetermined: str | None


@dataclass(frozen=True, kw_only=True)
class DriftVerdict(Stored):
    """``share`` of the features drifted, in [0, 1]; ``drifted_features``, all of them, and
    ``features`` are in the order in which to look at them. ``features`` tells of the first of each
    role and of those that the model uses most; ``left_out``: of how many others it does not.
    ``cumulated``: by name, the sum of standardised distances up to this window, where it is over 0.
    ``sustained_features``: what matters and drifted in enough windows; ``sustained`` where there is
    any. ``passed_over``: why features are no evidence. ``reference``: what it was to be compared
    with, ``training`` data, or windows that were served before; ``fell_back``: why it was compared
    with the training data all the same.
    """

    kind: ClassVar[str] = "drift verdict"
    schema_version: ClassVar[int] = 5

    window_start: Moment
    window_end: Moment
    model_version: str | None
    drifted: bool = False
    sustained: bool = False
    share: float | None = None
    rows: int | None = None
    drifted_features: tuple[str, ...] = ()
    sustained_features: tuple[str, ...] = ()
    features: tuple[FeatureMeasured, ...] = ()
    left_out: int = 0
    cumulated: Mapping[str, float] = field(default_factory=dict)
    passed_over: Mapping[str, str] = field(default_factory=dict)
    undetermined: str | None = None
    damaged_records: int = 0
    log_loss: float | None = None
    reference: ReferenceKind = "training"
    fell_back: str | None = None
