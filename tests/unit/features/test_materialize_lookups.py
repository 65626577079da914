"""Looked-up rows know where they came from, so that older files are read only where they must."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from ghosteam.aws.objects import Objects
from ghosteam.features.online import Written
from ghosteam.features.views import online_table
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online
from tests.unit.features.landed import BUSES, HOUR, START, WEATHER, Land, Materialize

TABLE = online_table("on")


@pytest.fixture
def read(lake: Objects, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the objects that are read, as they are."""
    keys: list[str] = []
    get = lake.get

    def noted(key: str) -> bytes:
        keys.append(key.split("/")[3])
        return get(key)

    monkeypatch.setattr(lake, "get", noted)
    return keys


def buses(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=BUSES, orient="row")


def seats(dynamodb: Any, trips: Problem, *names: str) -> list[Any]:
    found = read_online(
        dynamodb, trips, "on", [{"bus": name} for name in names], [START] * len(names)
    )
    return [row.features["buses__seats"] for row in found]


def test_a_newer_row_is_put_without_a_look_at_older_files(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, read: list[str]
) -> None:
    for number in range(3):
        land("buses", f"p{number}", buses(("b1", number)), key=f"trips/buses/{number}", time=None)
    for number in (1, 2, 0):
        materialize("buses", f"p{number}")
    assert seats(dynamodb, trips, "b1") == [2.0]
    assert set(read) == {"p0", "p1", "p2"}
    assert len(read) == 6, "two parts of each, once"


def test_the_files_are_read_again_where_the_row_that_is_there_counts_no_more(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, read: list[str]
) -> None:
    land("buses", "old", buses(("b1", 1), ("b2", 1)), key="trips/buses/a", time=None)
    land("buses", "new", buses(("b1", 2), ("b2", 2)), key="trips/buses/b", time=None)
    for name in ("old", "new"):
        materialize("buses", name)
    land("buses", "newest", buses(("b1", 3)), key="trips/buses/b", time=None)
    materialize("buses", "newest")
    assert seats(dynamodb, trips, "b1", "b2") == [3.0, 2.0]
    read.clear()
    assert materialize("buses", "new") == Written(written=1, unchanged=1)
    assert seats(dynamodb, trips, "b1", "b2") == [3.0, 1.0]
    assert set(read) == {"new", "old", "newest"}


def test_a_withdrawn_hour_reads_the_files_of_that_time_alone(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize, read: list[str]
) -> None:
    for number in range(30):
        rows = [("A", START + number * HOUR, float(number), None)]
        frame = pl.DataFrame(rows, schema=WEATHER, orient="row")
        land("weather", f"w{number}", frame, key=f"trips/weather/{number}", time="hour")
        materialize("weather", f"w{number}")
    empty = pl.DataFrame(schema=WEATHER)
    land("weather", "none", empty, key="trips/weather/20", time="hour")
    read.clear()
    materialize("weather", "w20")
    [row] = read_online(dynamodb, trips, "on", [{"stop": "A"}], [START + 21 * HOUR])
    assert row.features["weather__temp"] is None
    assert set(read) <= {f"w{number}" for number in (18, 19, 20, 21, 22)}


def test_a_row_of_an_earlier_release_says_not_where_it_came_from_and_is_made_anew(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    land("buses", "old", buses(("b1", 1)), key="trips/buses/a", time=None)
    land("buses", "new", buses(("b1", 2)), key="trips/buses/b", time=None)
    materialize("buses", "new")
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    dynamodb.put_item(
        TableName=TABLE, Item={name: value for name, value in item.items() if name != "source"}
    )
    assert materialize("buses", "old") == Written(written=1)
    assert dynamodb.scan(TableName=TABLE)["Items"] == [item]


def test_a_row_that_lacks_a_feature_of_today_is_made_anew(
    dynamodb: Any, trips: Problem, land: Land, materialize: Materialize
) -> None:
    land("buses", "old", buses(("b1", 1)), key="trips/buses/a", time=None)
    land("buses", "new", buses(("b1", 2)), key="trips/buses/b", time=None)
    materialize("buses", "new")
    [item] = dynamodb.scan(TableName=TABLE)["Items"]
    dynamodb.put_item(TableName=TABLE, Item={**item, "values": {"S": "{}"}})
    materialize("buses", "old")
    assert dynamodb.scan(TableName=TABLE)["Items"] == [item]
