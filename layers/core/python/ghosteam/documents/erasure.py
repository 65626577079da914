"""What was erased of an entity, and what is still to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class Removed:
    """``rows`` that were taken out of what is read, and ``objects`` that were deleted for good:
    versions that held rows of the entity, online rows, streams of logs.
    """

    rows: int = 0
    objects: int = 0

    def __add__(self, other: Removed) -> Removed:
        return Removed(self.rows + other.rows, self.objects + other.objects)


@dataclass(frozen=True, kw_only=True)
class Erasure(Stored):
    """``subject``: a digest of the entity's ``columns`` and values, which does not say them and is
    the same whenever the same entity is erased. ``asked_by``: who asked last, as AWS knows them.

    ``removed``: by place, of all passes. ``models``: runs whose training set held rows of the
    entity; their models have learned from them and are not made to forget. ``waiting``: what the
    last pass had to leave until something else is over; ``kept``: what names the entity and is not
    taken away. ``finished_at``: when a pass found nothing that it had to leave.
    """

    kind: ClassVar[str] = "erasure"

    subject: str
    columns: tuple[str, ...]
    asked_by: str
    asked_at: Moment
    removed: Mapping[str, Removed] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    finished_at: Moment | None = None
