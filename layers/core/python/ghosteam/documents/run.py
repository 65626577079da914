"""A retraining run, from its first step to what became of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored

RunStatus = Literal[
    "running",
    "refused",
    "registered",
    "promoted",
    "rolled_back",
    "superseded",
    "failed",
    "skipped",
]


@dataclass(frozen=True)
class RunReason:
    """What a run was started by: the trigger's name, and its words."""

    trigger: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Run(Stored):
    """``status``: running, then refused, registered (and from there promoted, rolled_back or
    superseded), failed, or skipped, which means that another run was at work.

    ``as_of`` is business time, the other times are wall time. ``occasion_id``: that of the
    decision, which several attempts share. ``reasons``: of its status. ``lost``: why, by family, a
    training job left no candidate. ``digests``: of what its jobs left, see
    :mod:`ghosteam.documents.digests`. ``notes``: what went wrong without changing the outcome.
    ``version``: of its model, once that is registered; ``rolled_out_at``: when its rollout ended,
    and ``retire`` the endpoint that it left to take down.
    """

    kind: ClassVar[str] = "run"
    schema_version: ClassVar[int] = 3

    run_id: str
    occasion_id: str
    reason: RunReason
    as_of: Moment
    started_at: Moment
    status: RunStatus = "running"
    reasons: tuple[str, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    finished_at: Moment | None = None
    version: str | None = None
    rolled_out_at: Moment | None = None
    retire: str | None = None
