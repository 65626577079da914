from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.features.event_times import (
    mark_items,
    marks_of,
    stored_marks,
    stretches_of,
    times_elsewhere,
)
from ghosteam.problem.load import parse_problem
from tests.growth import RIDES

START = datetime(1969, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
PROBLEM = parse_problem(RIDES)


def rides(*hours: tuple[int, int]) -> pl.DataFrame:
    """Rides by their id and start, so many hours from the first."""
    rows = [(ride, START + hour * HOUR) for ride, hour in hours]
    schema = {"ride": pl.Int64, "event_time": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_an_event_that_was_moved_in_time_is_found_where_its_other_rows_lie() -> None:
    stored = stored_marks({})
    for batch in (rides((1, 0), (2, 0)), rides((1, 50)), rides((3, 7))):
        items = mark_items(marks := marks_of(batch, PROBLEM), stored, prefix="")
        assert items
        stored |= stored_marks({item["entity_id"]["S"]: item for item in items})
        assert mark_items(marks, stored, prefix="") == [], "what is there is not written again"
    found = times_elsewhere(marks_of(rides((1, 9), (2, 0)), PROBLEM), stored)
    assert found == [START, START + 50 * HOUR]
    assert times_elsewhere(marks_of(rides((2, 0), (3, 7)), PROBLEM), stored) == []


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(1, 5))
def test_stretches_hold_all_times_and_are_cut_at_the_longest_gaps(
    hours: list[int], most: int
) -> None:
    times = [START + hour * HOUR for hour in hours]
    found = stretches_of(times, most=most)
    assert len(found) <= most
    assert found == sorted(found)
    assert all(sum(begin <= time < end for begin, end in found) == 1 for time in times)
    gaps = [after - end for (_, end), (after, _) in pairwise(found)]
    inside = [
        after - before
        for before, after in pairwise(sorted(set(times)))
        if any(begin <= before and after < end for begin, end in found)
    ]
    if gaps and inside:
        assert min(gaps) + timedelta(microseconds=1) >= max(inside)
