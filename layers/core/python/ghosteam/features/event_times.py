"""At which times rows of an event lie, for problems whose events may be moved in time.

An event that keeps its id while its time is corrected has rows in batches of different times. A
*mark* is the hash of an id and a time of one of its rows. Marks lie in a fixed number of items, by
the hash: what is read for a batch grows with its rows, and by a kilobyte an item for each million
of events. Marks are never taken away: one too many costs a look, and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl

from ghosteam.features.lake_parts import times_are_fixed
from ghosteam.features.views import row_prefix, windows_version
from ghosteam.problem.spec import EVENT_TIME, Problem

Marks = dict[str, set[bytes]]
"""Marks by the name of their item."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = 8
_MARK = 16


def event_times_prefix(problem: Problem) -> str:
    """What the ids of the items begin with; no view has a dash in its name."""
    return row_prefix(problem.problem, "event-times", windows_version(problem))


def needs_event_times(problem: Problem) -> bool:
    """Whether there are windows over events that may be moved in time."""
    return bool(problem.features.windows) and not times_are_fixed(problem)


def marks_of(events: pl.DataFrame, problem: Problem) -> Marks:
    """Marks of rows, which have ``event_time``."""
    identity = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("\0") for name in problem.event_id],
        separator="\x1f",
    )
    marks: Marks = defaultdict(set)
    rows = events.select(identity.alias("id"), pl.col(EVENT_TIME).dt.epoch("us").alias("time"))
    for text, time in rows.unique().iter_rows():
        digest = hashlib.blake2b(text.encode(), digest_size=_ID).digest()
        # 14 bits: 16,384 items.
        marks[f"{int.from_bytes(digest[:2]) >> 2:04x}"].add(digest + time.to_bytes(8, signed=True))
    return dict(marks)


def stored_marks(items: Mapping[str, Mapping[str, Any]]) -> Marks:
    """Marks in items of DynamoDB (client format), by name."""
    return {name: _cut(bytes(item["marks"]["B"])) for name, item in items.items()}


def mark_items(marks: Marks, stored: Marks, *, prefix: str) -> list[dict[str, Any]]:
    """The items (client format) in which marks are missing, with them; ``prefix``: what their ids
    begin with.
    """
    return [
        {
            "entity_id": {"S": prefix + name},
            "marks": {"B": b"".join(sorted(own | stored.get(name, set())))},
        }
        for name, own in marks.items()
        if not own <= stored.get(name, set())
    ]


def times_elsewhere(marks: Marks, stored: Marks) -> list[datetime]:
    """Other times at which there are rows of the events of ``marks``."""
    found: set[int] = set()
    for name, own in marks.items():
        ids = {mark[:_ID] for mark in own}
        others = stored.get(name, set()) - own
        found |= {_time(mark) for mark in others if mark[:_ID] in ids}
    return [_EPOCH + timedelta(microseconds=time) for time in sorted(found)]


def stretches_of(
    times: Iterable[datetime], *, gap: timedelta = timedelta(hours=1), most: int = 16
) -> list[tuple[datetime, datetime]]:
    """Stretches ``[begin, end)`` that hold all of ``times``: cut at gaps longer than ``gap``, the
    longest ``most - 1`` of them.
    """
    known = sorted(set(times))
    if not known:
        return []
    gaps = [
        (after - before, place)
        for place, (before, after) in enumerate(pairwise(known))
        if after - before > gap
    ]
    cuts = sorted(place + 1 for _, place in sorted(gaps, reverse=True)[: most - 1])
    moment = timedelta(microseconds=1)
    ends = [0, *cuts, len(known)]
    return [(known[first], known[last - 1] + moment) for first, last in pairwise(ends)]


def _cut(blob: bytes) -> set[bytes]:
    return {blob[place : place + _MARK] for place in range(0, len(blob), _MARK)}


def _time(mark: bytes) -> int:
    return int.from_bytes(mark[_ID:], signed=True)
