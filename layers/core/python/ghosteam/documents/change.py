"""What a new definition of a problem makes necessary: stages, planned, shown and carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored

StageKind = Literal["read", "validate", "rebuild", "retrain", "callers", "retire", "remove"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One thing to do. ``subject``: the data set, the view or the problem that it is about;
    ``why``: what changed. ``batches`` and ``rows`` are worked on anew; ``minutes`` and ``usd`` are
    estimates. ``skipped``: why it is left out; null where it is carried out.
    """

    kind: StageKind
    subject: str
    why: str
    batches: int = 0
    rows: int = 0
    minutes: float = 0.0
    usd: float = 0.0
    skipped: str | None = None


@dataclass(frozen=True, kw_only=True)
class Change(Stored):
    """From the definition ``before`` (null: the problem is new) to ``after`` (null: it is removed),
    by digest. ``differences``: what was changed in the folder, in words.
    """

    kind: ClassVar[str] = "change"

    problem: str
    before: str | None
    after: str | None
    differences: tuple[str, ...]
    stages: tuple[Stage, ...]
    at: Moment
