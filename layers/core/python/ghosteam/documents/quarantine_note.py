"""What somebody decided about the quarantined rows of a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored

_MOST_STRETCHES = 5_000
"""So many fit into an item of the state table."""
Decided = Literal["replayed", "discarded"]


@dataclass(frozen=True, kw_only=True)
class QuarantineNote(Stored):
    """``decision`` about rows that the contract ``judged_as`` did not let in, ``at`` a time and
    ``by`` somebody (an ARN). ``rows``: their numbers in the file, as stretches from the first to
    the last; none where they are in too many pieces. It holds for these rows by another contract
    too, and for no others. ``landing_key``: of replayed rows, where their corrected form landed.
    """

    kind: ClassVar[str] = "quarantine note"

    batch_id: str
    judged_as: str
    decision: Decided
    rows: tuple[tuple[int, int], ...]
    at: Moment
    by: str
    landing_key: str | None = None

    def covers(self, rows: Iterable[int]) -> bool:
        """Whether all of these rows are among those that were decided about."""
        stretches = iter(self.rows)
        first, last = 0, -1
        for row in sorted(rows):
            while row > last:
                first, last = next(stretches, (row + 1, row + 1))
            if row < first:
                return False
        return True


def stretches_of(rows: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Numbers of rows as stretches, see :class:`QuarantineNote`."""
    found: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        elif len(found) == _MOST_STRETCHES:
            return ()
        else:
            found.append((row, row))
    return tuple(found)
