"""Online rows that were read a moment ago are not read again, where the folder says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ghosteam.aws.recent_items import RecentItems
from ghosteam.errors import Transient
from ghosteam.features.codec import StoredRow
from ghosteam.features.online import OnlineRow
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online, write_online
from tests.online import place_of
from tests.unit.features.conftest import TRIPS
from tests.unit.features.test_online import LeavesOver

CACHED = parse_problem(TRIPS + "serve: {cache: 30s}\n")
SECOND = timedelta(seconds=1)


class Reader:
    """Reads seats of buses as a function does that answers; counts the requests to the store."""

    def __init__(self, dynamodb: Any, noon: datetime, most: int = 100) -> None:
        self.client, self.noon, self.recent = LeavesOver(dynamodb, 0), noon, RecentItems(most)

    def read(self, *buses: str, at: int, problem: Problem = CACHED) -> list[OnlineRow]:
        return read_online(
            self.client,  # type: ignore[arg-type]
            problem,
            "on",
            [{"bus": bus} for bus in buses],
            [self.noon + timedelta(hours=1)] * len(buses),
            now=self.noon + at * SECOND,
            recent=self.recent,
        )

    def seats(self, *buses: str, at: int, problem: Problem = CACHED) -> list[Any]:
        return [row.features["buses__seats"] for row in self.read(*buses, at=at, problem=problem)]

    @property
    def requests(self) -> int:
        return self.client.requests


@pytest.fixture
def reader(dynamodb: Any, noon: datetime) -> Reader:
    put(dynamodb, CACHED, noon, b1=40.0)
    return Reader(dynamodb, noon)


def put(dynamodb: Any, problem: Problem, known: datetime, **seats: float) -> None:
    rows = [({"bus": bus}, StoredRow({"buses__seats": one}, known)) for bus, one in seats.items()]
    write_online(dynamodb, place_of("on", problem, "buses"), rows)


def test_what_was_found_or_not_is_not_read_again_until_its_time_is_over(
    reader: Reader, dynamodb: Any, noon: datetime
) -> None:
    assert reader.seats("b1", "b2", at=0) == [40.0, None]
    put(dynamodb, CACHED, noon + 600 * SECOND, b1=50.0, b2=60.0)
    assert reader.seats("b2", "b1", at=29) == [None, 40.0]
    assert reader.read("b1", at=29)[0].freshness_seconds["buses"] == 3600, "of the row as read"
    assert reader.requests == 1
    assert reader.seats("b1", "b2", at=30) == [50.0, 60.0]
    assert reader.read("b1", at=31)[0].freshness_seconds["buses"] == 3000
    assert reader.requests == 2


def test_a_clock_that_was_put_back_has_rows_read_again(reader: Reader) -> None:
    reader.seats("b1", at=60)
    reader.seats("b1", at=59)
    assert reader.requests == 2


def test_those_that_were_asked_for_last_are_remembered(dynamodb: Any, noon: datetime) -> None:
    reader = Reader(dynamodb, noon, most=2)
    reader.seats("b1", "b2", at=0)
    reader.seats("b1", at=1)
    reader.seats("b3", at=2)
    assert reader.requests == 2
    reader.seats("b1", "b3", at=3)
    assert reader.requests == 2, "these two are there"
    reader.seats("b2", at=4)
    assert reader.requests == 3, "this one made room"
    assert reader.seats("b4", "b5", "b6", at=5) == [None, None, None]


def test_a_read_that_failed_leaves_nothing_to_remember(
    reader: Reader, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ghosteam.aws.online_store.ATTEMPTS", 1)
    reader.client.times = 1
    with pytest.raises(Transient, match="leaving keys over"):
        reader.seats("b2", "b1", at=0)
    assert reader.seats("b2", "b1", at=1) == [None, 40.0]
    assert reader.requests == 2


def test_another_version_of_a_view_never_finds_rows_of_this_one(
    reader: Reader, dynamodb: Any, noon: datetime
) -> None:
    text = TRIPS.replace("{bus: string, seats:", "{bus: string, name: string, seats:")
    other = parse_problem(text.replace("join: [", "join: [buses.name, ") + "serve: {cache: 30s}\n")
    put(dynamodb, other, noon, b1=41.0)
    assert reader.seats("b1", at=0) == [40.0]
    assert reader.seats("b1", at=1, problem=other) == [41.0]
    assert reader.seats("b1", at=2) == [40.0]
    assert reader.requests == 2


def test_a_folder_that_says_nothing_reads_each_time(reader: Reader, trips: Problem) -> None:
    for second in (0, 1):
        reader.seats("b1", at=second, problem=trips)
    reader.seats("b1", at=2)
    assert reader.requests == 3
