from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.errors import Defect
from ghosteam.features.online import Written
from ghosteam.features.views import views_of
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online
from tests.unit.features.landed import (
    BUSES,
    HOUR,
    START,
    WEATHER,
    Events,
    Land,
    Materialize,
    rate,
    trips_of,
)


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
            "view_version": views_of(trips)[0].version,
        },
    )


def test_an_event_delivered_twice_writes_nothing_new_and_is_announced_again(
    land: Land, materialize: Materialize, events: Events
) -> None:
    land("trips", "t1", trips_of(1, 2), key="trips/trips/a.csv", time="start")
    assert materialize("trips", "t1") == Written(written=3)  # the 2nd to the 4th
    assert materialize("trips", "t1") == Written()
    assert [kind for kind, _ in events.seen] == ["FeaturesMaterialized"] * 2


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
    [row] = read_online(dynamodb, trips, "on", [{"stop": "A"}], [START + 2 * HOUR])
    assert row.features["weather__temp"] == 50.0  # the newest row, though another landed later


def test_what_a_new_version_of_a_file_no_longer_holds_is_gone_afterwards(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    weather = pl.DataFrame(
        [("A", START, 1.0, "grey"), ("B", START, 2.0, "blue")], schema=WEATHER, orient="row"
    )
    buses = pl.DataFrame([("b1", 40), ("b2", 50)], schema=BUSES, orient="row")
    views = (("weather", "w"), ("buses", "p"), ("trips", "t"))
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
        for dataset, name in views:
            materialize(dataset, f"{name}{version}")
    for dataset, name in views:
        materialize(dataset, f"{name}1")  # it counts no more
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


def test_a_file_without_rows_takes_the_rows_of_its_key_out_of_the_store(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    weather = pl.DataFrame([("A", START, 7.0, "grey")], schema=WEATHER, orient="row")
    flown = trips_of(1, 2, late=True)
    for dataset, rows, time in (("weather", weather, "hour"), ("trips", flown, "start")):
        for batch_id, frame in ((f"{dataset}-1", rows), (f"{dataset}-2", rows.clear())):
            land(dataset, batch_id, frame, key=f"trips/{dataset}/a.csv", time=time)
            materialize(dataset, batch_id)
        materialize(dataset, f"{dataset}-1")  # it is told that it counts no more
    [row] = read_online(dynamodb, trips, "on", [{"stop": "A", "line": "7"}], [START + HOUR])
    assert row.features["weather__temp"] is None
    assert rate(dynamodb, trips, 3) is None
