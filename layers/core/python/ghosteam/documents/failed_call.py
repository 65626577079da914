"""What the prediction log records of a call that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.logged_prediction import RECORD_TYPE
from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class FailedCall(Stored):
    """A request to the endpoint of the slot ``asked`` that brought no outputs for its ``rows``."""

    kind: ClassVar[str] = "failed call"
    schema_version: ClassVar[int] = 2

    problem: str
    call_id: str
    asked: str
    model_version: str
    endpoint: str
    made_at: Moment
    rows: int
    error: str

    def to_record(self) -> dict[str, object]:
        """The line of the log."""
        return {RECORD_TYPE: "prediction_error", **self.to_json()}
