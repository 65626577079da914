"""Which run is at work: one a problem at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class RetrainingLease(Stored):
    """``execution`` (an ARN) works on the run ``run_id``. ``taken_over_from``: the run that held
    the lease and never ended.
    """

    kind: ClassVar[str] = "retraining lease"
    schema_version: ClassVar[int] = 2

    run_id: str
    execution: str
    acquired_at: Moment
    expires_at: Moment
    taken_over_from: str | None = None
