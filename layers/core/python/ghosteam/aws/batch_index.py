"""Batches filed by the time that their rows span.

A question reads the batches that answer it, and of each class of lengths those that are no further
away than they are long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from ghosteam.aws.state import StateTable
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import (
    CLASSES,
    TIMELESS,
    CountedBatch,
    Place,
    filed_at,
    longest_in,
    sortable,
    stretches,
)
from ghosteam.documents.state_keys import Key
from ghosteam.errors import Conflict

_ATTEMPTS = 8
_LAST = datetime.max.replace(tzinfo=UTC)
Span = tuple[datetime, datetime]


class ListedBatches:
    """The same questions to a list, for where there is no index yet."""

    def __init__(self, counted: Iterable[CountedBatch]) -> None:
        self._counted = _in_order(counted)

    def find(self, batch: BatchRecord) -> CountedBatch | None:
        """See :meth:`BatchIndex.find`."""
        found = (one for one in self._counted if one.batch.batch_id == batch.batch_id)
        return next(found, None)

    def all(self) -> list[CountedBatch]:
        """See :meth:`BatchIndex.all`."""
        return self._counted

    def timeless(self, *, beginning: str = "") -> list[CountedBatch]:
        """See :meth:`BatchIndex.timeless`."""
        timeless = (one for one in self._counted if one.span is None)
        return [one for one in timeless if one.batch.batch_id.startswith(beginning)]

    def has_timeless(self) -> bool:
        """See :meth:`BatchIndex.has_timeless`."""
        return bool(self.timeless())

    def touching(self, spans: Iterable[Span]) -> list[CountedBatch]:
        """See :meth:`BatchIndex.touching`."""
        wanted = list(spans)
        return [one for one in self._counted if any(_touches(one, *span) for span in wanted)]

    def newest_end(self, *, before: datetime | None = None) -> datetime | None:
        """See :meth:`BatchIndex.newest_end`."""
        ends = [one.span[1] for one in self._counted if one.span]
        return max((end for end in ends if before is None or end < before), default=None)


class BatchIndex:
    """The batches below ``prefix``, which ends at a data set."""

    def __init__(self, state: StateTable, problem: str, prefix: Key[CountedBatch]) -> None:
        self._state, self._problem, self._prefix = state, problem, prefix

    def find(self, batch: BatchRecord) -> CountedBatch | None:
        """What is filed of a batch."""
        return self._state.find(self._problem, self._prefix / filed_at(batch))

    def place(self, batch: BatchRecord, key: str, place: Place | None) -> None:
        """File that a batch counts at a landing key, or no longer."""
        self._change(batch, lambda filed: filed.placed(key, place))

    def move(self, batch: BatchRecord, place: Place | None) -> None:
        """File that a batch counts at this one place, or nowhere."""
        self._change(batch, lambda filed: replace(filed, places=(place,) if place else ()))

    def _change(self, batch: BatchRecord, change: Callable[[CountedBatch], CountedBatch]) -> None:
        at = self._prefix / filed_at(batch)
        for _ in range(_ATTEMPTS):
            current = self._state.get(self._problem, at)
            new = change(replace(current.data, batch=batch) if current else CountedBatch(batch, ()))
            try:
                if current is None and new.places:
                    self._state.create(self._problem, at, new)
                elif current and not new.places:
                    self._state.delete(self._problem, current)
                elif current and new != current.data:
                    self._state.replace(self._problem, current, new)
            except Conflict:
                continue
            return
        raise Conflict(
            "The document keeps changing", where={"key": at.text}, remedy="Try again later"
        )

    def all(self) -> list[CountedBatch]:
        """Every batch, in the order of landing."""
        return _in_order(found.data for found in self._state.list(self._problem, self._prefix))

    def timeless(self, *, beginning: str = "") -> list[CountedBatch]:
        """Batches without times, in the order of landing; ``beginning``: what their ids begin
        with.
        """
        prefix = self._prefix / f"{TIMELESS}#{beginning}"
        return _in_order(found.data for found in self._state.list(self._problem, prefix))

    def has_timeless(self) -> bool:
        """Whether a batch without times counts."""
        place = (f"{TIMELESS}#", f"{TIMELESS}#~")
        found = self._state.between(self._problem, self._prefix, *place, newest_first=True)
        return any(True for _ in found)

    def touching(self, spans: Iterable[Span]) -> list[CountedBatch]:
        """Batches that may hold rows of any of the stretches ``[begin, end)``, in the order of
        landing.
        """
        found = {}
        for begin, end in spans:
            for one in self._from(begin, end):
                if _touches(one, begin, end):
                    found[one.batch.batch_id] = one
        return _in_order(found.values())

    def newest_end(self, *, before: datetime | None = None) -> datetime | None:
        """The newest time of any batch; of those that end before ``before`` where that is given."""
        newest: datetime | None = None
        for number in range(len(CLASSES) + 1):
            for begin, end in self._backwards(number, before or _LAST):
                if newest and begin + min(longest_in(number), _LAST - begin) <= newest:
                    break
                if before is None or end < before:
                    newest = max(newest or end, end)
        return newest

    def _from(self, begin: datetime, end: datetime) -> Iterator[CountedBatch]:
        for first, last in stretches(begin, end):
            for document in self._state.between(self._problem, self._prefix, first, last):
                yield document.data

    def _backwards(self, number: int, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        first, last = f"{number}#", f"{number}#{sortable(end)}"
        found = self._state.between(self._problem, self._prefix, first, last, newest_first=True)
        return (document.data.span for document in found if document.data.span)


def _touches(one: CountedBatch, begin: datetime, end: datetime) -> bool:
    return one.span is not None and one.span[0] < end and one.span[1] >= begin


def _in_order(found: Iterable[CountedBatch]) -> list[CountedBatch]:
    return sorted(found, key=lambda one: one.order)
