"""What is wrong with a request is refused and named; events that are posted land like files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ghosteam.documents.slot import Slot
from tests.flow import slice as sample
from tests.flow.conftest import moment
from tests.flow.rows import Row, new_flights
from tests.flow.world import Dropped, World

pytestmark = pytest.mark.flow


@pytest.mark.parametrize(
    ("change", "status", "fault"),
    [
        (lambda row: row.pop("carrier"), 400, {"row": 1, "field": "carrier"}),
        (lambda row: row.update(minute="x"), 400, {"row": 1, "field": "minute"}),
        (lambda row: row.update(origin="ORD"), 400, {"row": 1, "field": "origin"}),
        (lambda row: row.update(arr_delay=20), 400, {"row": 1, "field": "arr_delay"}),
    ],
    ids=["missing", "mistyped", "not among the values", "known too late"],
)
def test_a_bad_field_of_a_request_is_named(
    world: World, champion: Slot, change: Callable[[Row], object], status: int, fault: Row
) -> None:
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 2)
    change(rows[1])
    response = world.api.request("POST", "/v1/flights/predict", json={"instances": rows})
    assert response.status_code == status, response.text
    answer = response.json()
    assert answer["error"] == "InvalidInput"
    assert answer["where"] == fault
    assert answer["remedy"]


def test_a_request_for_an_unknown_problem_is_told_which_exist(world: World) -> None:
    response = world.api.request("POST", "/v1/trains/predict", json={"instances": [{}]})
    assert response.status_code == 404
    assert response.json()["where"] == {"problem": "trains"}
    assert "flights" in response.json()["remedy"]


def test_an_oversized_request_is_refused_by_its_size(world: World) -> None:
    response = world.api.request(
        "POST", "/v1/flights/predict", json={"instances": ["x" * 1_100_000]}
    )
    assert response.status_code == 413
    assert response.json()["where"] == {"limit_bytes": 1_000_000}


def test_posted_events_land_and_are_ingested(world: World) -> None:
    posted = new_flights(3)
    response = world.api.request("POST", "/v1/flights/events", json={"events": posted})
    assert response.status_code == 202, response.text
    key = response.json()["key"]
    version = world.client("s3").head_object(Bucket=world.landing.bucket, Key=key)["VersionId"]
    batch = world.settled(Dropped(key, version))
    assert (batch.status, batch.valid_rows) == ("validated", 3)


def test_posted_events_with_an_unknown_field_are_refused(world: World) -> None:
    response = world.api.request(
        "POST", "/v1/flights/events", json={"events": [{**new_flights(1)[0], "mood": "good"}]}
    )
    assert response.status_code == 400
    assert response.json()["where"] == {"row": 0, "field": "mood"}
