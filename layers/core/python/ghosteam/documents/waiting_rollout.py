"""The registered model that waits for its turn to be rolled out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class WaitingRollout(Stored):
    """``force``: it is rolled out whatever its gates were judged against, as ``requested_by`` asked
    for, because of ``reason``.
    """

    kind: ClassVar[str] = "waiting rollout"

    run_id: str
    version: str
    since: Moment
    force: bool = False
    requested_by: str | None = None
    reason: str | None = None
