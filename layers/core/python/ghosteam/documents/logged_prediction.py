"""What the prediction log records of a row that a model answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored

RECORD_TYPE = "record_type"
"""What the log's subscription looks at: ``prediction``, or ``prediction_error``."""


@dataclass(frozen=True, kw_only=True)
class LoggedPrediction(Stored):
    """The slot ``answered`` gave ``outputs``, by name, for ``event``, the columns that name it, at
    ``event_time``; ``assigned`` is the slot that it was to be asked of. ``features``: those that
    may be logged; ``freshness_seconds``: how old each view's value was then, null where there was
    none. ``call_id`` is that of the request to the slot's endpoint, which took ``latency_ms`` for
    all its rows; it begins with the id of the API's request, the ``correlation_id`` of lines that
    functions print.

    What comes from a problem lies in objects of its own, so that no name of it meets one of these.
    """

    kind: ClassVar[str] = "logged prediction"
    schema_version: ClassVar[int] = 2

    problem: str
    prediction_id: str
    call_id: str
    assigned: str
    answered: str
    model_version: str
    endpoint: str
    event_time: Moment
    made_at: Moment
    latency_ms: float
    event: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, float] = field(default_factory=dict)
    features: Mapping[str, object] = field(default_factory=dict)
    freshness_seconds: Mapping[str, float | None] = field(default_factory=dict)

    def to_record(self) -> dict[str, object]:
        """The line of the log."""
        return {RECORD_TYPE: "prediction", **self.to_json()}
