"""Which rollout is at work: one a problem at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class RolloutLease(Stored):
    """``execution`` (an ARN) rolls out ``version``, which the run ``run_id`` made, on
    ``endpoint``.
    """

    kind: ClassVar[str] = "rollout lease"

    version: str
    run_id: str
    execution: str
    endpoint: str
    acquired_at: Moment
    expires_at: Moment
