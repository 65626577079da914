from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from ghosteam.errors import Transient
from ghosteam.features.codec import StoredRow
from ghosteam.features.online import Written
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online, write_online
from tests.online import place_of
from tests.unit.features.conftest import TRIPS

TRIPS_PROBLEM = parse_problem(TRIPS)
WEATHER, BUSES, LINES = (
    place_of("on", TRIPS_PROBLEM, name) for name in ("weather", "buses", "line_late_2d")
)
HOUR = timedelta(hours=1)


class LeavesOver:
    """Passes requests on, but at first does only the first key or item of each and leaves the rest
    over, as DynamoDB may.
    """

    def __init__(self, client: Any, times: int) -> None:
        self.client, self.times, self.requests = client, times, 0

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:
        self.requests += 1
        if self.times == 0:
            return self.client.batch_get_item(RequestItems=RequestItems)
        self.times -= 1
        table, wanted = next(iter(RequestItems.items()))
        answer = self.client.batch_get_item(
            RequestItems={table: {**wanted, "Keys": wanted["Keys"][:1]}}
        )
        rest = {**RequestItems, table: {**wanted, "Keys": wanted["Keys"][1:]}}
        return {**answer, "UnprocessedKeys": {t: w for t, w in rest.items() if w["Keys"]}}

    def batch_write_item(self, RequestItems: dict[str, Any]) -> Any:
        if self.times == 0:
            return self.client.batch_write_item(RequestItems=RequestItems)
        self.times -= 1
        table, puts = next(iter(RequestItems.items()))
        self.client.batch_write_item(RequestItems={table: puts[:1]})
        return {"UnprocessedItems": {table: puts[1:]} if puts[1:] else {}}


@pytest.fixture
def weather_key(trips: Problem, noon: datetime) -> dict[str, str | int]:
    view = views_of(trips)[0]
    key = view.key_of({"stop": "A"}, noon)
    assert key is not None
    return key


def test_an_event_gets_the_values_of_its_period_and_how_old_they_are(
    dynamodb: Any, trips: Problem, noon: datetime, weather_key: dict[str, str | int]
) -> None:
    day = noon.replace(hour=0)
    write_online(
        dynamodb,
        WEATHER,
        [(weather_key, StoredRow({"weather__temp": 3.5, "weather__sky": "grey"}, noon))],
    )
    write_online(dynamodb, BUSES, [({"bus": "b1"}, StoredRow({"buses__seats": None}, noon + HOUR))])
    key = {"line": "7", "line_late_2d_period": int(day.timestamp())}
    write_online(dynamodb, LINES, [(key, StoredRow({"line_late_2d": 0.25}, day))])

    row = {"trip": 1, "line": "7", "stop": "A", "bus": "b1"}
    on_time, later, other = read_online(
        dynamodb,
        trips,
        "on",
        [row, row, {"line": "8", "stop": None, "bus": "b2"}],
        [noon + HOUR / 2, noon + HOUR, noon],
    )
    assert on_time.features == {
        "weather__temp": 3.5,
        "weather__sky": "grey",
        "buses__seats": None,
        "line_late_2d": 0.25,
    }
    assert on_time.freshness_seconds == {
        "weather": 1800.0,
        "buses": 0.0,
        "line_late_2d": 12.5 * 3600,
    }
    assert later.features == {
        **on_time.features,
        "weather__temp": None,
        "weather__sky": None,
    }  # a new hour, not there yet
    assert set(other.features.values()) == {None}
    assert other.freshness_seconds == {"weather": None, "buses": None, "line_late_2d": None}


def test_many_events_of_few_keys_need_one_request(
    dynamodb: Any, trips: Problem, noon: datetime
) -> None:
    client = LeavesOver(dynamodb, times=0)
    rows = [{"line": str(i % 5), "stop": "A", "bus": "b1"} for i in range(300)]
    assert len(read_online(client, trips, "on", rows, [noon] * 300)) == 300
    assert client.requests == 1


def test_keys_that_dynamodb_leaves_over_are_asked_for_again(
    dynamodb: Any, trips: Problem, noon: datetime
) -> None:
    stored = [({"bus": f"b{i}"}, StoredRow({"buses__seats": float(i)}, noon)) for i in range(30)]
    assert write_online(LeavesOver(dynamodb, times=3), BUSES, stored) == Written(written=30)
    rows = [{"bus": f"b{i}"} for i in range(30)]
    found = read_online(LeavesOver(dynamodb, times=3), trips, "on", rows, [noon] * 30)
    assert [row.features["buses__seats"] for row in found] == [float(i) for i in range(30)]


def test_a_store_that_leaves_keys_over_for_ever_is_a_transient_fault(
    dynamodb: Any, trips: Problem, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ghosteam.aws.online_store.ATTEMPTS", 3)
    rows = [{"bus": f"b{i}"} for i in range(30)]
    with pytest.raises(Transient, match="leaving keys over"):
        read_online(LeavesOver(dynamodb, times=99), trips, "on", rows, [noon] * 30)


def test_an_equal_row_is_left_alone_and_another_is_replaced_though_it_was_known_earlier(
    dynamodb: Any, trips: Problem, noon: datetime
) -> None:
    def seats(value: float, known: datetime) -> Written:
        return write_online(
            dynamodb, BUSES, [({"bus": "b1"}, StoredRow({"buses__seats": value}, known))]
        )

    assert seats(40, noon) == Written(written=1)
    assert seats(40, noon) == Written(unchanged=1)
    assert seats(99, noon - HOUR) == Written(written=1)
    assert seats(42, noon + HOUR) == Written(written=1)
    [row] = read_online(dynamodb, trips, "on", [{"bus": "b1"}], [noon + 2 * HOUR])
    assert (row.features["buses__seats"], row.freshness_seconds["buses"]) == (42, 3600)


def test_rows_that_are_gone_are_deleted_once(dynamodb: Any, trips: Problem, noon: datetime) -> None:
    rows = [({"bus": f"b{i}"}, StoredRow({"buses__seats": 40.0}, noon)) for i in range(60)]
    write_online(dynamodb, BUSES, rows)
    gone = [key for key, _ in rows[1:]]
    assert write_online(dynamodb, BUSES, rows[:1], gone=gone) == Written(unchanged=1, removed=59)
    assert write_online(dynamodb, BUSES, [], gone=gone) == Written()
    kept, lost = read_online(dynamodb, trips, "on", [{"bus": "b0"}, {"bus": "b1"}], [noon] * 2)
    assert (kept.features["buses__seats"], lost.features["buses__seats"]) == (40.0, None)
    assert lost.freshness_seconds["buses"] is None


def test_more_rows_than_one_request_holds_are_all_written(dynamodb: Any, noon: datetime) -> None:
    rows = [({"bus": f"b{i}"}, StoredRow({"buses__seats": float(i)}, noon)) for i in range(333)]
    assert write_online(dynamodb, BUSES, rows) == Written(written=333)
    assert write_online(dynamodb, BUSES, rows) == Written(unchanged=333)
    assert dynamodb.scan(TableName=BUSES.table, Select="COUNT")["Count"] == 333
