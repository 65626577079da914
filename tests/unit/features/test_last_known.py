"""The last known outcome, against the definition written as a loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.features.last_known import with_last_known
from ghosteam.features.split import Spans, split
from ghosteam.problem.spec import Problem

START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIME = pl.Datetime("us", "UTC")
SCHEMA = {"line": pl.String, "stop": pl.Int64, "event_time": TIME, "known_at": TIME}
Row = tuple[str, int, int, int]
"""Line, stop, hour of the event, hours until its outcome is known: few of each, so that entities
and times repeat.
"""
rows = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 6), st.integers(-1, 4)),
    max_size=14,
)


def frame(events: list[Row]) -> pl.DataFrame:
    """The outcome of a row is its number: each names the row that it came from."""
    table = [
        (line, stop, START + at * HOUR, START + (at + late) * HOUR)
        for line, stop, at, late in events
    ]
    numbers = pl.Series("target", range(len(table)), pl.Float64)
    return pl.DataFrame(table, schema=SCHEMA, orient="row").with_columns(numbers)


def last_known(events: list[Row], asked: Row) -> float | None:
    """By the definition: every earlier event is looked at."""
    line, stop, at, _ = asked
    earlier = [
        (then, then + late, number, (other_line, other_stop) == (line, stop))
        for number, (other_line, other_stop, then, late) in enumerate(events)
        if then < at and then + late < at
    ]
    own = [event for event in earlier if event[3]]
    found = max(own or earlier, default=None)
    return None if found is None else float(found[2])


@given(rows)
@settings(max_examples=300, deadline=None)
def test_it_is_what_a_loop_over_all_earlier_events_finds(events: list[Row]) -> None:
    found = with_last_known(frame(events), ("line", "stop"))
    assert found.drop("_last_known").equals(frame(events)), "rows stay as and where they are"
    assert found["_last_known"].to_list() == [last_known(events, asked) for asked in events]


def test_of_an_entity_s_events_the_newest_counts_though_an_older_one_became_known_later() -> None:
    events = [("a", 0, 0, 5), ("a", 0, 2, 1), ("b", 0, 3, 1), ("a", 0, 6, 1), ("c", 0, 6, 1)]
    found = with_last_known(frame(events), ("line", "stop"))["_last_known"].to_list()
    assert found == [None, None, None, 1.0, 2.0]


def test_a_hold_out_row_knows_outcomes_of_events_that_are_in_neither_set(trips: Problem) -> None:
    events = frame([("a", number, number, 3) for number in range(12)]).with_columns(
        trip=pl.col("stop")
    )
    train, holdout, _ = split(
        events, Spans(START + HOUR, START + 6 * HOUR, START + 12 * HOUR), problem=trips
    )
    assert train["target"].to_list() == [1.0, 2.0, 3.0]
    assert train["_last_known"].to_list() == [None, None, None]
    assert holdout["_last_known"].to_list() == [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def test_training_rows_know_outcomes_from_before_the_training_set(trips: Problem) -> None:
    events = frame([("a", number, number, 1) for number in range(12)]).with_columns(
        trip=pl.col("stop")
    )
    train, _, _ = split(
        events, Spans(START + 4 * HOUR, START + 9 * HOUR, START + 12 * HOUR), problem=trips
    )
    assert train["_last_known"].to_list()[0] == 2.0
