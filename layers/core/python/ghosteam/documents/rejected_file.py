"""A rejected file that people are to be told of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True)
class RejectedFile(Stored):
    """A file that was rejected and of which nobody was told yet; ``key`` is that of its landing."""

    kind: ClassVar[str] = "rejected file"

    problem: str
    dataset: str
    batch_id: str
    key: str
    rejected_at: Moment
