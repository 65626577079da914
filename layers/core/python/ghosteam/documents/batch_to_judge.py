"""What the check of performance has to find: once, however often it was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ghosteam.documents.stored import Stored


@dataclass(frozen=True)
class BatchToJudge(Stored):
    """What the batch tells of outcomes is otherwise than before: the windows of predictions that it
    changes are to be found. ``told``: how often that was said since they were found last.
    """

    kind: ClassVar[str] = "batch to judge"

    dataset: str
    batch_id: str
    told: int = 1
