"""At which times rows of an event lie, and which labels are about it, for problems whose events
may be moved in time: their ids do not say it.

An event that keeps its id while its time is corrected has rows in batches of different times, and
its labels tell no time. A *mark* is the hash of an id and a time of one of its rows, or the
beginning of the id of a batch of labels about it. Marks lie in a fixed number of items, by the
hash: what is read for a batch grows with its rows, and by a kilobyte an item for each million of
events. Marks are never taken away: one too many costs a look, and changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise, repeat

import polars as pl

from ghosteam.features.lake_parts import times_are_fixed
from ghosteam.features.views import row_prefix, windows_version
from ghosteam.json_object import JsonObject
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.spec import EVENT_TIME, Problem

Marks = dict[str, set[bytes]]
"""Marks by the name of their item."""
_ID = 8
_MARK = 16


def event_times_prefix(problem: Problem) -> str:
    """What the ids of the items with times begin with; no view has a dash in its name."""
    return row_prefix(problem.problem, "event-times", windows_version(problem))


def event_labels_prefix(problem: Problem) -> str:
    """What the ids of the items with batches of labels begin with."""
    return row_prefix(problem.problem, "event-labels", windows_version(problem))


def needs_event_times(problem: Problem) -> bool:
    """Whether there are windows over events that may be moved in time, or labels about them."""
    followed = bool(problem.windows_over(problem.events_name)) or problem.labels is not None
    return followed and not times_are_fixed(problem)


def marks_of(events: pl.DataFrame, problem: Problem) -> Marks:
    """Marks of rows of events, which have ``event_time``."""
    times = events[EVENT_TIME].dt.epoch("us")
    return _marks(events, problem, (time.to_bytes(8, signed=True) for time in times))


def label_marks_of(labels: pl.DataFrame, problem: Problem, batch_id: str) -> Marks:
    """Marks of the rows of a batch of labels, whose id is hexadecimal."""
    return _marks(labels, problem, repeat(bytes.fromhex(batch_id)[: _MARK - _ID]))


def ids_of(rows: pl.DataFrame, problem: Problem) -> Marks:
    """The hashes of the events that rows of events, or of labels, are about, alone."""
    return _marks(rows, problem, repeat(b""))


def _marks(rows: pl.DataFrame, problem: Problem, told: Iterable[bytes]) -> Marks:
    identity = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("\0") for name in problem.event_id],
        separator="\x1f",
    )
    marks: Marks = defaultdict(set)
    for text, half in zip(rows.select(identity).to_series(), told, strict=False):
        digest = hashlib.blake2b(text.encode(), digest_size=_ID).digest()
        # 14 bits: 16,384 items.
        marks[f"{int.from_bytes(digest[:2]) >> 2:04x}"].add(digest + half)
    return dict(marks)


def stored_marks(items: Mapping[str, JsonObject]) -> Marks:
    """Marks in items of DynamoDB (client format), by name."""
    return {name: _cut(bytes(item["marks"]["B"])) for name, item in items.items()}


def mark_items(marks: Marks, stored: Marks, *, prefix: str) -> list[JsonObject]:
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
    """Other times at which there are rows of the events of ``marks``; all, for hashes alone."""
    found = (int.from_bytes(half, signed=True) for half in _told_elsewhere(marks, stored))
    return [EPOCH + timedelta(microseconds=time) for time in sorted(found)]


def labels_about(ids: Marks, stored: Marks) -> list[str]:
    """What the ids of the batches of labels begin with that are about the events of ``ids``."""
    return sorted(half.hex() for half in _told_elsewhere(ids, stored))


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


def _told_elsewhere(marks: Marks, stored: Marks) -> set[bytes]:
    found: set[bytes] = set()
    for name, own in marks.items():
        ids = {mark[:_ID] for mark in own}
        others = stored.get(name, set()) - own
        found |= {mark[_ID:] for mark in others if mark[:_ID] in ids}
    return found
