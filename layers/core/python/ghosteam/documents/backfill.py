"""That an index of a data set's batches is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class Backfill(Stored):
    """All of its batches are filed, those too that landed before there was the index."""

    kind: ClassVar[str] = "backfill"

    dataset: str
