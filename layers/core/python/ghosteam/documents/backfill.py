"""That a data set's index of counted batches is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Backfill(Stored):
    """The batches that count are all filed, those too that landed before there was an index."""

    kind: ClassVar[str] = "backfill"

    dataset: str
