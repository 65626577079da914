"""The batches of a data set that landed last: what the next one is held against, and since when
nothing came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from ghosteam.documents.stored import Moment, Stored

KEPT = 8
"""A week of daily files, and the one that is held against them."""


@dataclass(frozen=True)
class RecentBatches(Stored):
    """When each of the newest validated batches ``landed`` last, by its id."""

    kind: ClassVar[str] = "recent batches"

    landed: Mapping[str, Moment]

    def adding(self, batch_id: str, landed: datetime) -> RecentBatches:
        """With a batch more, and without the oldest where there are too many."""
        known = {**self.landed, batch_id: max(landed, self.landed.get(batch_id, landed))}
        newest = sorted(known, key=lambda one: (known[one], one))[-KEPT:]
        return RecentBatches({one: known[one] for one in newest})

    def before(self, batch_id: str) -> list[str]:
        """The batches that landed before one that is among them, or in the same second as far as
        they are known; none where it is not.
        """
        if batch_id not in self.landed:
            return []
        this = self.landed[batch_id]
        return [one for one, at in self.landed.items() if at <= this and one != batch_id]
