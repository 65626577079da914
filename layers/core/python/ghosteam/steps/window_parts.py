"""All rows of online windows are made in parts of a bounded size, each as one step: what of it is
done is on record, so that a history of any length fits into turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from ghosteam.documents.counted_batch import CountedBatch
from ghosteam.documents.window_step import Move

PART_ROWS, PART_BATCHES = 200_000, 500
"""So much is minutes of work, and a step that fits into a document. A larger batch is a part."""
_LAST = datetime.max.replace(tzinfo=UTC)


def parts_of(
    waiting: Iterable[CountedBatch], *, rows: int = PART_ROWS, batches: int = PART_BATCHES
) -> Iterator[tuple[Move, ...]]:
    """The batches that are ``waiting``, from the oldest rows on: what lies together is read
    together. Those without times come last.
    """
    part, held = list[Move](), 0
    for one in sorted(waiting, key=lambda one: (one.span or (_LAST,))[0]):
        batch = one.batch
        if part and (held + batch.rows > rows or len(part) == batches):
            yield tuple(part)
            part, held = [], 0
        part.append(Move(batch.dataset, batch.batch_id, one.latest, batch.revision))
        held += batch.rows
    if part:
        yield tuple(part)
