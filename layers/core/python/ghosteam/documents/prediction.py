"""One record of the prediction log: a row that a model answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ghosteam.documents.stored import Moment


@dataclass(frozen=True, kw_only=True)
class LoggedPrediction:
    """``slot`` gave ``outputs``, by name, for ``entity`` at ``event_time``. ``features``: those
    that may be logged; ``freshness_seconds``: how old each view's value was then, null where there
    was none. ``latency_ms`` is the time of the whole call.
    """

    prediction_id: str
    model_version: str
    slot: str
    endpoint: str
    entity: Mapping[str, Any]
    event_time: Moment
    made_at: Moment
    latency_ms: float
    outputs: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, Any] = field(default_factory=dict)
    freshness_seconds: Mapping[str, float | None] = field(default_factory=dict)
