"""What of a batch is online."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class MaterializedBatch(Stored):
    """That a batch's features can be read online, since ``at`` where that is on record, in views of
    the version ``view_version``; null where no view comes from its data set.
    """

    kind: ClassVar[str] = "materialized batch"
    schema_version: ClassVar[int] = 3

    batch_id: str
    at: Moment | None
    view_version: str | None = None
