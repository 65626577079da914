"""The source frames of views, made by their keys: of rows that memory has no room for, a share of
the keys at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import polars as pl

from ghosteam.data.declared import no_rows
from ghosteam.features.current_events import current_events, outcome_columns
from ghosteam.features.room import Room, shares
from ghosteam.features.view_rows import (
    ALWAYS,
    lookup_parts,
    newest_of,
    source_columns,
    window_rows,
)
from ghosteam.features.views import View
from ghosteam.problem.spec import EVENT_TIME, Problem


def lookup_view(
    parts: Iterable[pl.DataFrame], problem: Problem, view: View, room: Room
) -> pl.LazyFrame:
    """See :func:`~ghosteam.features.view_rows.lookup_rows`; ``parts`` are known of always."""
    rows = lookup_parts(((part, ALWAYS) for part in parts), problem, view)
    found = (newest_of(share, problem, view) for share in room.by_key(rows, view.keys))
    return room.kept(source_columns(share, view) for share in found)


def current_facts(parts: Iterable[pl.DataFrame], problem: Problem, room: Room) -> pl.LazyFrame:
    """Facts as they stand: see :func:`~ghosteam.features.current_events.current_events`, of whose
    ``problem`` they are the events.
    """
    none = no_rows(problem.events, outcome_columns(problem))
    identity = [name for name in problem.event_id if name != EVENT_TIME]
    rows = room.by_key(chain([none], parts), identity)
    return room.kept(current_events([share], problem) for share in rows)


def window_view(events: pl.LazyFrame, problem: Problem, view: View, room: Room) -> pl.LazyFrame:
    """See :func:`~ghosteam.features.view_rows.window_rows`."""

    def made() -> Iterator[pl.DataFrame]:
        for share in room.by_key(room.batches(events), view.keys):
            for some in _few(share, view, room.at_once):
                yield window_rows(some, problem, view)

    return room.kept(made())


def _few(events: pl.DataFrame, view: View, most: int) -> Iterator[pl.DataFrame]:
    """``events`` so that the windows over them have about ``most`` rows, but not less than a key:
    each event counts in all periods that a window's reach covers.
    """
    periods = sum(window.reach // window.every + 1 for window in view.windows)
    rows = events.height * periods
    if rows <= most:
        return iter([events])
    return (some for _, some in shares(events, view.keys, -(-rows // most), seed=1))
