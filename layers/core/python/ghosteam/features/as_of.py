"""The join of events with what was known at their time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.problem.spec import EVENT_TIME

Integers = NDArray[np.int64]
CELLS_AT_ONCE = 10_000_000
_NONE = -1
_BITS = 32
_KEY, _EVENT, _ROW = "_key", "_event", "_row"


def as_of(
    events: pl.DataFrame,
    rows: pl.DataFrame | pl.LazyFrame,
    *,
    keys: Sequence[str],
    values: Sequence[str],
    cells: int = CELLS_AT_ONCE,
) -> pl.DataFrame:
    """``events`` in their order with the columns ``values`` of the row that has an event's ``keys``
    and is the newest by ``event_timestamp`` of those no later than its ``event_time``; of two of
    one time the later in ``rows``. Null where there is none, or where a key is null.

    Rows are read twice, about so many ``cells`` at a time: first their keys and times, by which is
    told which row an event gets, then the values of these rows. So no more of ``rows`` is in memory
    however many are scanned. In what order they come is free.
    Source of the meaning: Feast's point-in-time joins; ``tests/contract`` holds both together.
    """
    asked = events.select(keys).drop_nulls().unique(maintain_order=True).with_row_index(_KEY)
    looked_for = _LookedFor(events, asked, keys)
    typed = [pl.col(key).cast(asked.schema[key]) for key in keys]
    newest = np.full(events.height, _NONE, np.int64)
    since = np.full(events.height, np.iinfo(np.int64).min)
    for begin, some in _batches(rows.lazy().select(*typed, KNOWN_FROM), cells):
        numbered = some.with_row_index(_ROW).join(
            asked, on=list(keys), how="inner", maintain_order="left"
        )
        event, row = looked_for.found_in(numbered)
        known = _microseconds(some, KNOWN_FROM)[row]
        newer = known >= since[event]
        since[event[newer]] = known[newer]
        newest[event[newer]] = begin + row[newer]
    return events.hstack(_rows_at(newest, rows.lazy().select(values), cells))


class _LookedFor:
    """The events that have keys, in the order of their times; keys are numbers by now."""

    def __init__(self, events: pl.DataFrame, asked: pl.DataFrame, keys: Sequence[str]) -> None:
        frame = (
            events.select(*keys, EVENT_TIME)
            .with_row_index(_EVENT)
            .join(asked, on=list(keys), how="inner")
            .select(_EVENT, _KEY, EVENT_TIME)
            .drop_nulls()
            .sort(EVENT_TIME)
        )
        self._event, self._key = _integers(frame, _EVENT), _integers(frame, _KEY)
        self._time = _microseconds(frame, EVENT_TIME)
        self._by_key = np.argsort(self._key, kind="stable")

    def found_in(self, rows: pl.DataFrame) -> tuple[Integers, Integers]:
        """The events that one of ``rows`` was known for, and the newest ``_row`` of each.

        A row is told by one number: its key, then its place in the order of times. The number of
        an event's key and of how many rows were known at its time is above all rows of the event;
        the highest below it is the newest of them, if it has the key. It takes half the time of
        the library's as-of join, whose faults (ties, nulls, several keys) cannot reach it.
        """
        rows = rows.select(_ROW, _KEY, KNOWN_FROM).sort(KNOWN_FROM, maintain_order=True)
        known = np.searchsorted(_microseconds(rows, KNOWN_FROM), self._time, side="right")
        there = np.sort(_numbers(_integers(rows, _KEY), np.arange(rows.height)))
        # Numbers that ascend are found several times as fast.
        place = np.searchsorted(there, _numbers(self._key, known)[self._by_key]) - 1
        event, key = self._event[self._by_key], self._key[self._by_key]
        found = place >= 0
        found[found] = there[place[found]] >> _BITS == key[found]
        row = _integers(rows, _ROW)[there[place[found]] & ((1 << _BITS) - 1)]
        return event[found], row


def _numbers(key: Integers, place: Integers) -> Integers:
    return (key << _BITS) | place


def _integers(frame: pl.DataFrame, column: str) -> Integers:
    return frame.get_column(column).cast(pl.Int64).to_numpy()


def _microseconds(frame: pl.DataFrame, column: str) -> Integers:
    return frame.get_column(column).dt.epoch("us").to_numpy()


def _rows_at(places: Integers, rows: pl.LazyFrame, cells: int) -> pl.DataFrame:
    """The rows that stand at ``places``, nulls for ``_NONE``."""
    order = np.argsort(places)
    wanted = places[order]
    found = [pl.DataFrame(schema=rows.collect_schema()).clear(int((places == _NONE).sum()))]
    for begin, some in _batches(rows, cells):
        first, end = np.searchsorted(wanted, (begin, begin + some.height))
        found.append(some[wanted[first:end] - begin])
    back = np.empty_like(order)
    back[order] = np.arange(order.size)
    return pl.concat(found)[back]


def _batches(rows: pl.LazyFrame, cells: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows in their order, each time with how many came before."""
    begin, most = 0, max(1, cells // len(rows.collect_schema()))
    for some in rows.collect_batches(chunk_size=most, maintain_order=True):
        yield begin, some
        begin += some.height
