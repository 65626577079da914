"""Windows follow the batches that count, in whatever order they come and are replaced."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.features.current_events import current_events, outcome_columns
from ghosteam.features.lake_parts import outcome_reach
from ghosteam.features.online import Written
from ghosteam.features.view_rows import view_named, window_rows
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.features.conftest import TRIPS
from tests.unit.features.landed import DAY, Events, Follow, Land, Materialize, rate, trips_of

PLACE = {"key": "trips/trips/a.csv", "time": "start"}


def test_windows_follow_all_batches_that_count_in_whatever_order_they_are_materialized(
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


def test_a_window_of_another_definition_is_made_anew_from_all_that_counts(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, follow: Follow
) -> None:
    for day in (1, 2):
        land("trips", f"t{day}", trips_of(day, first=day), key=f"trips/{day}.csv", time="start")
        materialize("trips", f"t{day}")
    assert rate(dynamodb, trips, 3) == 0.5
    stricter = parse_problem(TRIPS.replace("delay > 5", "delay > 0"))
    follow("trips", "t2", stricter)
    assert [rate(dynamodb, stricter, day) for day in (2, 3, 4)] == [1.0, 1.0, 1.0]
    # What serves by the other definition finds its own rows.
    assert rate(dynamodb, trips, 3) == 0.5


def test_a_batch_reads_those_that_touch_its_time_alone(
    lake: Objects, land: Land, materialize: Materialize, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 8):
        land("trips", f"t{day}", trips_of(day), key=f"trips/trips/{day}.csv", time="start")
        materialize("trips", f"t{day}")
    read: list[str] = []
    get = lake.get
    monkeypatch.setattr(lake, "get", lambda key: read.append(key.split("/")[3]) or get(key))
    land("trips", "again", trips_of(3, late=True), key="trips/trips/again.csv", time="start")
    materialize("trips", "again")
    assert set(read) == {"again", "t3"}


def test_a_file_writes_the_days_of_its_own_keys_alone(land: Land, materialize: Materialize) -> None:
    """However many keys there are, and days since."""

    def trips_of_lines(day: int, lines: range) -> pl.DataFrame:
        each = trips_of(day)
        named = [each.with_columns(pl.lit(f"l{line}").alias("line")) for line in lines]
        return pl.concat(named).with_columns(trip=pl.int_range(pl.len()) + day * 10_000)

    land("trips", "all", trips_of_lines(1, range(200)), key="trips/trips/a.csv", time="start")
    assert materialize("trips", "all") == Written(200 * 2)
    land("trips", "few", trips_of_lines(90, range(3)), key="trips/trips/b.csv", time="start")
    assert materialize("trips", "few") == Written(3 * 2)


def test_a_window_that_is_made_anew_reads_as_far_back_as_its_rows_may_lie(
    lake: Objects, dynamodb: Any, land: Land, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    worst = "windows: [{name: worst, by: [line], max: delay, over: 2h},"
    text = TRIPS.replace("start + delay minutes", "event_time + 1h").replace("windows: [", worst)
    folder = parse_problem(text)
    for day in range(1, 8):
        land("trips", f"t{day}", trips_of(day), key=f"trips/trips/{day}.csv", time="start")
        follow("trips", f"t{day}", folder)
    read: list[str] = []
    get = lake.get
    monkeypatch.setattr(lake, "get", lambda key: read.append(key.split("/")[3]) or get(key))
    land("trips", "again", trips_of(3, late=True), key="trips/trips/again.csv", time="start")
    follow("trips", "again", folder)
    assert set(read) == {"again", "t2", "t3", "t4"}, "a day more than its hours on both sides"


def test_an_outcome_that_comes_too_late_counts_neither_online_nor_in_training(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    """Training reads back for so long and no longer."""
    assert outcome_reach(trips) == 30 * DAY
    minutes = {1: 29 * 24 * 60.0, 2: 31 * 24 * 60.0}
    rows = trips_of(1).with_columns(delay=pl.Series([minutes[1], minutes[2]]))
    land("trips", "t", pl.concat([rows, rows.with_columns(trip=pl.col("trip") + 5)]), **PLACE)
    materialize("trips", "t")
    events = current_events([rows.select(outcome_columns(trips))], trips)
    view = view_named(trips, "line_late_2d")
    assert view is not None
    trained = window_rows(events, trips, view)
    assert trained.height == 2, "the days after the one that came in time"
    assert rate(dynamodb, trips, 31) == 1.0
    assert rate(dynamodb, trips, 33) is None


def test_a_slow_outcome_counts_for_as_long_as_the_problem_says_that_it_takes() -> None:
    slow = TRIPS.replace("known_at: start + delay minutes", "known_at: start + 3 months")
    assert outcome_reach(parse_problem(slow)) == 93 * DAY
    matures = TRIPS.replace("target: {", "target: {matures: 45d, ")
    assert outcome_reach(parse_problem(matures)) == 45 * DAY


def test_two_writers_at_once_would_lose_what_one_of_them_adds(
    dynamodb: Any,
    trips: Problem,
    land: Land,
    materialize: Materialize,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Why a writer holds its message: here is one whose write comes when the next is done."""
    land("trips", "t0", trips_of(9), key="trips/trips/0.csv", time="start")
    materialize("trips", "t0")
    land("trips", "t1", trips_of(1), key="trips/trips/a.csv", time="start")
    land("trips", "t2", trips_of(1, late=True, first=500), key="trips/trips/b.csv", time="start")
    write, meanwhile = dynamodb.batch_write_item, ["t1", "t2"]

    def late(**asked: Any) -> Any:
        while meanwhile:
            materialize("trips", meanwhile.pop(0))
        return write(**asked)

    monkeypatch.setattr(dynamodb, "batch_write_item", late)
    materialize("trips", "t1")
    assert rate(dynamodb, trips, 2) == 0.5, "of four trips three were late"
