"""What is online, and whether that covers a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class Materialized(Stored):
    """That a batch's features can be read online, since ``at`` where that is on record, in views of
    the version ``view_version``; null where no view comes from its data set.
    """

    kind: ClassVar[str] = "materialised batch"
    schema_version: ClassVar[int] = 3

    batch_id: str
    at: Moment | None
    view_version: str | None = None


@dataclass(frozen=True)
class Readiness(Stored):
    """Whether the data at hand cover a run; ``reasons``: what is missing; ``gaps``: where they do,
    what is missing all the same.
    """

    kind: ClassVar[str] = "readiness"

    ready: bool
    reasons: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
