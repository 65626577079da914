"""Windows follow the batches that count, in whatever order they come and are replaced."""

from __future__ import annotations

from typing import Any

import polars as pl

from ghosteam.features.current_events import current_events, outcome_columns
from ghosteam.features.online import Written
from ghosteam.features.view_rows import view_named, window_rows
from ghosteam.problem.spec import Problem
from tests.unit.features.landed import Events, Land, Materialize, rate, trips_of


def test_windows_follow_all_batches_that_count_in_whatever_order_they_are_materialised(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    land("trips", "t1", trips_of(1), key="trips/trips/a.csv", time="start")
    materialize("trips", "t1")
    assert (rate(dynamodb, trips, 2), rate(dynamodb, trips, 3)) == (0.5, 0.5)
    land("trips", "t2", trips_of(2, late=True), key="trips/trips/b.csv", time="start")
    materialize("trips", "t2")
    materialize("trips", "t1")
    expected = window_rows(
        current_events(
            [
                frame.select(outcome_columns(trips))
                for frame in (trips_of(1), trips_of(2, late=True))
            ],
            trips,
        ),
        trips,
        view_named(trips, "line_late_2d"),  # type: ignore[arg-type]
    )["line_late_2d"].to_list()
    assert (
        [rate(dynamodb, trips, day) for day in (1, 2, 3, 4)]
        == [None, *expected]
        == [None, 0.5, 0.75, 1.0]
    )


def test_a_new_version_of_a_file_replaces_its_rows_and_the_old_batch_takes_only_its_own_away(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, events: Events
) -> None:
    land("trips", "t1", trips_of(1), key="trips/trips/a.csv", time="start")
    materialize("trips", "t1")
    land("trips", "t2", trips_of(1, late=True, first=1000), key="trips/trips/a.csv", time="start")
    materialize("trips", "t2")
    assert rate(dynamodb, trips, 2) == 1.0
    assert materialize("trips", "t1") == Written()
    assert rate(dynamodb, trips, 2) == 1.0
    assert events.seen[-1][1]["batch_id"] == "t1"


def test_an_outcome_that_another_file_moves_to_a_later_day_leaves_its_old_buckets(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    rows = trips_of(1)
    land("trips", "t1", rows, key="trips/trips/a.csv", time="start")
    materialize("trips", "t1")
    assert rate(dynamodb, trips, 2) == 0.5
    days = rows.with_columns(pl.lit(5 * 24 * 60.0).alias("delay"))
    land("trips", "t2", days, key="trips/trips/b.csv", time="start")
    materialize("trips", "t2")
    assert [rate(dynamodb, trips, day) for day in (2, 3, 6, 7, 8)] == [None, None, None, 1.0, 1.0]
