"""The decision on an occasion to retrain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class Decision(Stored):
    """``trigger``, ``detail`` and ``request`` are the occasion's. ``run_id``: the run that it
    starts, its ``attempt``-th; ``for_run`` and ``retry_after``: what waiting waits for. ``as_of``
    is business time, ``decided_at`` wall time.
    """

    kind: ClassVar[str] = "decision"
    schema_version: ClassVar[int] = 2

    decision: Literal["start", "skip", "wait"]
    reason: str
    trigger: str
    detail: str
    request: str
    occasion_id: str
    run_id: str | None
    attempt: int
    for_run: str | None
    retry_after: Moment | None
    as_of: Moment
    decided_at: Moment
