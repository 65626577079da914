"""A rollout that a person has to approve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class Approval(Stored):
    """``token`` continues the rollout: whoever has it can answer."""

    kind: ClassVar[str] = "approval"

    version: str
    run_id: str
    token: str
    asked_at: Moment
