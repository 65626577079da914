from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import boto3
import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.errors import Defect
from ghosteam.features.online import Written
from ghosteam.features.sources import current_events, outcome_columns, view_named, window_rows
from ghosteam.problem.spec import Problem
from ghosteam.steps.materialize_features import materialize_features
from ghosteam.steps.online_features import read_online
from tests.accounts import create_state_table

TIME = pl.Datetime("us", "UTC")
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENTS = {
    "trip": pl.Int64,
    "start": TIME,
    "line": pl.String,
    "stop": pl.String,
    "bus": pl.String,
    "delay": pl.Float64,
}
WEATHER = {"stop": pl.String, "hour": TIME, "temp": pl.Float64, "sky": pl.String}
BUSES = {"bus": pl.String, "seats": pl.Int64}

Land = Callable[..., None]
Materialize = Callable[[str, str], Written]


class Events:
    """An EventBridge client that keeps what it gets."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.seen += [(entry["DetailType"], json.loads(entry["Detail"])) for entry in Entries]
        return {"FailedEntryCount": 0}


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def lake(aws: None) -> Objects:
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    return Objects(client, "lake")


@pytest.fixture
def ledger(dynamodb: Any) -> BatchLedger:
    return BatchLedger(create_state_table(dynamodb))


@pytest.fixture
def land(ledger: BatchLedger, lake: Objects) -> Land:
    """Put a validated batch of two parts into the lake and the ledger; ``key`` is its landing
    key.
    """
    order = iter(range(100))

    def land(
        dataset: str, batch_id: str, rows: pl.DataFrame, *, key: str, time: str | None
    ) -> None:
        now = (START + next(order) * HOUR).isoformat()
        source = LandedObject("landing", key, None, f"{next(order):04X}", 1, now)
        low, high = (rows[time].min(), rows[time].max()) if time else (None, None)
        span = {"min_time": low and low.isoformat(), "max_time": high and high.isoformat()}
        record = BatchRecord(batch_id, "trips", dataset, "validated", source, now, parts=2, **span)
        for part, frame in enumerate((rows.head(1), rows.slice(1))):
            body = BytesIO()
            frame.write_parquet(body)
            lake.put(keys.validated_part("trips", dataset, batch_id, part), body.getvalue())
        ledger.begin(record)
        ledger.advance(record, until=())
        ledger.land(record, source)

    return land


@pytest.fixture
def materialize(
    trips: Problem, ledger: BatchLedger, lake: Objects, dynamodb: Any, events: Events
) -> Materialize:
    def run(dataset: str, batch_id: str) -> Written:
        return materialize_features(
            trips,
            dataset,
            batch_id,
            ledger=ledger,
            lake=lake,
            online=dynamodb,
            online_prefix="on",
            bus=Bus(events, "bus"),
        )

    return run


def trips_of(*days: int, late: bool = False, first: int = 0) -> pl.DataFrame:
    """Two trips of line 7 a day, at noon; ``late`` makes all of them late, else one of two is."""
    rows = [
        (
            first + 10 * day + i,
            START + (day - 1) * DAY + 12 * HOUR,
            "7",
            "A",
            "b1",
            10.0 if late or i else 1.0,
        )
        for day in days
        for i in range(2)
    ]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def rate(dynamodb: Any, trips: Problem, day: int) -> Any:
    [row] = read_online(dynamodb, trips, "on", [{"line": "7"}], [START + (day - 1) * DAY + HOUR])
    return row.features["line_late_2d"]


def test_timed_and_static_rows_are_there_for_the_next_event(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, events: Events
) -> None:
    weather = pl.DataFrame(
        [("A", START, 3.5, "grey"), ("A", START + HOUR, 4.0, None)], schema=WEATHER, orient="row"
    )
    land("weather", "w1", weather, key="trips/weather/a.csv", time="hour")
    land(
        "buses",
        "p1",
        pl.DataFrame([("b1", 40), ("b2", None)], schema=BUSES, orient="row"),
        key="trips/buses/a.csv",
        time=None,
    )
    assert materialize("weather", "w1") == Written(written=2)
    assert materialize("buses", "p1") == Written(written=2)
    row = {"line": "7", "stop": "A", "bus": "b1"}
    [found] = read_online(dynamodb, trips, "on", [row], [START + HOUR + HOUR / 2])
    assert found.features == {
        "weather__temp": 3.5,
        "weather__sky": "grey",
        "buses__seats": 40,
        "line_late_2d": None,
    }
    assert found.freshness_seconds["weather"] == 1800
    assert events.seen[0] == (
        "FeaturesMaterialized",
        {
            "version": 1,
            "problem": "trips",
            "dataset": "weather",
            "batch_id": "w1",
            "rows_written": 2,
        },
    )


def test_an_event_delivered_twice_writes_nothing_new_and_is_announced_again(
    land: Land, materialize: Materialize, events: Events
) -> None:
    land("trips", "t1", trips_of(1, 2), key="trips/trips/a.csv", time="start")
    assert materialize("trips", "t1") == Written(written=3)  # the 2nd to the 4th
    assert materialize("trips", "t1") == Written(unchanged=3)
    assert [kind for kind, _ in events.seen] == ["FeaturesMaterialized"] * 2


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


def test_a_new_version_of_a_file_replaces_its_rows_and_the_old_batch_changes_nothing_any_more(
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


def test_two_files_that_share_a_period_without_sharing_a_moment_agree_on_its_row(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    for batch_id, minutes in (("w1", 50), ("w2", 10)):
        weather = pl.DataFrame(
            [("A", START + timedelta(minutes=minutes), float(minutes), None)],
            schema=WEATHER,
            orient="row",
        )
        land("weather", batch_id, weather, key=f"trips/weather/{batch_id}.csv", time="hour")
    for batch_id in ("w2", "w1"):
        materialize("weather", batch_id)
    [row] = read_online(dynamodb, trips, "on", [{"stop": "A"}], [START + HOUR])
    assert row.features["weather__temp"] == 10.0  # the latest landed


def test_what_a_new_version_of_a_file_no_longer_holds_is_null_afterwards(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    weather = pl.DataFrame(
        [("A", START, 1.0, "grey"), ("B", START, 2.0, "blue")], schema=WEATHER, orient="row"
    )
    buses = pl.DataFrame([("b1", 40), ("b2", 50)], schema=BUSES, orient="row")
    for version, rows in (("1", slice(0, 2)), ("2", slice(0, 1))):
        land("weather", f"w{version}", weather[rows], key="trips/weather/a.csv", time="hour")
        land("buses", f"p{version}", buses[rows], key="trips/buses/a.csv", time=None)
        land(
            "trips",
            f"t{version}",
            trips_of(*range(1, 5)[rows]),
            key="trips/trips/a.csv",
            time="start",
        )
        for dataset in ("weather", "buses", "trips"):
            materialize(dataset, f"{dataset[0] if dataset != 'buses' else 'p'}{version}")
    kept, gone = read_online(
        dynamodb,
        trips,
        "on",
        [{"stop": "A", "bus": "b1"}, {"stop": "B", "bus": "b2"}],
        [START + HOUR] * 2,
    )
    assert (kept.features["weather__temp"], kept.features["buses__seats"]) == (1.0, 40)
    assert set(gone.features.values()) == {None}
    assert [rate(dynamodb, trips, day) for day in (2, 3, 4)] == [0.5, 0.5, None]


def test_a_corrected_hour_of_weather_wins_even_when_the_old_batch_comes_again(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    for batch_id, temp in (("w1", 1.0), ("w2", 9.0)):
        weather = pl.DataFrame([("A", START, temp, "grey")], schema=WEATHER, orient="row")
        land("weather", batch_id, weather, key=f"trips/weather/{batch_id}.csv", time="hour")
    materialize("weather", "w2")
    assert materialize("weather", "w1") == Written(unchanged=1)
    [row] = read_online(dynamodb, trips, "on", [{"stop": "A"}], [START + HOUR])
    assert row.features["weather__temp"] == 9.0


def test_a_batch_that_the_ledger_does_not_know_is_a_defect(
    ledger: BatchLedger, materialize: Materialize, events: Events
) -> None:
    with pytest.raises(Defect, match="batch_id nope"):
        materialize("weather", "nope")
    assert events.seen == []
