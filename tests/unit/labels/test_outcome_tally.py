"""How far labels and events have met is the same, counted whole or change by change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.convert import TYPES
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.features import outcome_tally
from ghosteam.features.current_events import Current, current_events, current_labels
from ghosteam.features.outcome_tally import NONE, tally_after
from ghosteam.problem.load import parse_problem

RIDES = parse_problem("""
version: 1
problem: rides
task: regression
entities: {ride: [ride]}
event_time: starts
target: {name: delay, expr: delay, known_at: told}
datasets:
  rides: {role: events, id: [ride], columns: {ride: integer, starts: timestamp}}
  notes: {role: labels, of: rides,
    columns: {ride: integer, delay: "number?", told: "timestamp?"}}
features: {request: [ride]}
promote: {at_most: 9}
""")
START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Rides = dict[int, int]
Notes = dict[int, float | None]
RIDE = st.integers(0, 5)
WORLDS = st.tuples(
    st.dictionaries(RIDE, st.integers(0, 4)),
    st.dictionaries(RIDE, st.none() | st.floats(0, 9)),
)


def frame(dataset: str, rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    columns = RIDES.datasets[dataset].columns
    schema = {name: TYPES[column.type] for name, column in columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def current(rides: Rides, notes: Notes) -> Current:
    """What stands of rides, by their day, and notes."""
    events = frame("rides", [(ride, START + day * DAY) for ride, day in rides.items()])
    labels = frame("notes", [(ride, delay, START) for ride, delay in notes.items()])
    return Current(current_events([events], RIDES, [labels]), current_labels([labels], RIDES))


def of(world: Current, ids: set[int]) -> Current:
    """What of it is about some rides."""
    about = pl.col("ride").is_in(list(ids))
    return Current(world.events.filter(about), world.labels.filter(about))


@given(st.lists(WORLDS, min_size=1, max_size=5), st.data())
def test_change_by_change_is_as_counted_whole(
    worlds: list[tuple[Rides, Notes]], data: st.DataObject
) -> None:
    known, before = NONE, current({}, {})
    for number, (rides, notes) in enumerate(worlds, 1):
        now = current(rides, notes)
        first = data.draw(st.sets(RIDE))
        halves = [first, set(range(6)) - first]
        for ids in halves:
            known = tally_after(known, of(now, ids), of(before, ids), RIDES, step=number)
        before = now
        whole = tally_after(NONE, now, current({}, {}), RIDES, step=number)
        assert replace(known, examples=()) == replace(whole, examples=())
        waiting = {
            f"ride {ride}" for ride in notes.keys() - rides.keys() if notes[ride] is not None
        }
        assert set(known.examples) <= waiting and known.waiting == len(waiting)
        labelled = [day for ride, day in rides.items() if notes.get(ride) is not None]
        assert known.labelled == sum(known.days.values()) == len(labelled)


def test_the_newest_days_are_kept_and_older_ones_are_counted_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outcome_tally, "MOST_DAYS", 2)
    nothing = current({}, {})
    notes: Notes = dict.fromkeys(range(6), 1.0)

    def add(known: OutcomeCounts, rides: Rides) -> OutcomeCounts:
        ids = set(rides)
        return tally_after(known, of(current(rides, notes), ids), nothing, RIDES, step=1)

    three = add(NONE, {0: 0, 1: 1, 2: 2, 3: 2})
    assert three.days == {"2024-01-02": 1, "2024-01-03": 2}
    assert (three.days_since, three.labelled) == ("2024-01-02", 4)
    assert add(three, {4: 0}).days == three.days
    gone = of(current({1: 1, 2: 2, 3: 2}, notes), {1, 2, 3})
    left = tally_after(three, nothing, gone, RIDES, step=2)
    assert (left.days, left.labelled) == ({}, 1)
    # What was dropped cannot be told from what never was there.
    assert add(left, {5: 0}).days == {}


def test_an_outcome_of_no_known_time_is_no_use() -> None:
    unknown = frame("notes", [(1, 3.0, None)])
    events = frame("rides", [(1, START)])
    world = Current(current_events([events], RIDES, [unknown]), current_labels([unknown], RIDES))
    found = tally_after(NONE, world, current({}, {}), RIDES, step=1)
    assert (found.labels, found.labelled, found.unusable, found.waiting) == (1, 0, 1, 0)
