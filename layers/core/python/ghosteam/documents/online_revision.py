"""Which rows of a batch the online store has, of a batch that had others before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class OnlineRevision(Stored):
    """All online rows were made of the ``revision`` of the batch when it was last followed, and of
    none that it had before.
    """

    kind: ClassVar[str] = "online revision"

    batch_id: str
    revision: str
