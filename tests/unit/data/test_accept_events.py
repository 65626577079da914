from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ghosteam.errors import InvalidInput, ManyFaults, NotFound, TooLarge
from ghosteam.problem.load import parse_problem
from ghosteam.serving.events import parse_events
from ghosteam.serving.posted_rows import MAX_BODY_BYTES, MAX_ROWS
from ghosteam.steps.accept_rows import EVENTS, Posting, accept_rows
from tests.builders import flight, flights, flights_problem

PROBLEMS = {"flights": flights_problem()}


NOW = datetime(2013, 4, 1, 12, tzinfo=UTC)


def _post(
    world: Any,
    body: str,
    *,
    problem: str = "flights",
    base64_encoded: bool = False,
    packed: str = "",
    now: datetime = NOW,
) -> dict[str, Any]:
    landing = world.ingest.landing
    posting = Posting(problem, body, base64_encoded, packed)
    return accept_rows(EVENTS, posting, landing=landing, problems=PROBLEMS, now=now)


def _fault(body: str, *, base64_encoded: bool = False) -> InvalidInput:
    posting = Posting("flights", body, base64_encoded)
    with pytest.raises(InvalidInput) as caught:
        accept_rows(
            EVENTS,
            posting,
            landing=None,  # type: ignore[arg-type]
            problems=PROBLEMS,
            now=NOW,
        )
    return caught.value


def test_posted_events_land_as_json_lines_that_can_be_ingested(world: Any) -> None:
    answer = _post(world, json.dumps({"events": flights(3)}))
    assert answer["accepted"] == 3
    assert answer["key"].startswith("flights/flights/api-")
    body = world.ingest.landing.get(answer["key"])
    assert world.land(answer["key"], body) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    assert record.valid_rows == 3


def test_the_same_request_again_is_the_same_batch(world: Any) -> None:
    body = json.dumps({"events": flights(2)})
    encoded = base64.b64encode(body.encode()).decode()
    assert _post(world, body) == _post(world, body) == _post(world, encoded, base64_encoded=True)
    later = _post(world, body, now=NOW + timedelta(microseconds=1))
    keys = [stored.key for stored in world.ingest.landing.list("")]
    assert len(keys) == 2 and keys[-1] == later["key"]
    outcomes = [world.land(key, world.ingest.landing.get(key)) for key in keys]
    assert outcomes == ["validated", "duplicate"]
    assert len(world.ledger.active("flights", "flights")) == 1


def test_requests_within_a_second_lie_in_their_order(world: Any) -> None:
    moments = [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(milliseconds=999)]
    keys = [
        _post(world, json.dumps({"events": flights(1 + i)}), now=now)["key"]
        for i, now in enumerate(moments)
    ]
    assert keys == sorted(keys)


@pytest.mark.parametrize(
    ("body", "message", "where"),
    [
        ("", "not JSON", {}),
        ("{", "not JSON", {}),
        ('{"events": [NaN]}', "NaN is not JSON", {}),
        ('{"events": [{"flight": -1e999}]}', "-1e999 is beyond the range of numbers", {}),
        ('{"events": ["\\ud800"]}', "not JSON", {}),
        ("[]", "holds no events", {"field": "events"}),
        ('{"events": []}', "holds no events", {"field": "events"}),
        ('{"events": [1]}', "not an object", {"row": 0}),
        (
            json.dumps({"events": [flight(), flight(wind="strong")]}),
            "Extra inputs",
            {"row": 1, "field": "wind"},
        ),
        (
            json.dumps({"events": [flight(origin=["EWR"])]}),
            "should be 'EWR', 'JFK' or 'LGA'",
            {"row": 0, "field": "origin"},
        ),
        (
            json.dumps({"events": [{**flight(), "carrier": None}]}),
            "valid string",
            {"row": 0, "field": "carrier"},
        ),
        (
            json.dumps({"events": [flight(distance="1400")]}),
            "valid number",
            {"row": 0, "field": "distance"},
        ),
        (
            json.dumps({"events": [flight(month=13)]}),
            "less than or equal to 12",
            {"row": 0, "field": "month"},
        ),
        (
            json.dumps({"events": [flight(time_hour="soon")]}),
            "a time is text",
            {"row": 0, "field": "time_hour"},
        ),
    ],
)
def test_a_body_that_is_not_what_is_asked_for_says_where_and_how_to_mend_it(
    body: str, message: str, where: dict[str, str]
) -> None:
    fault = _fault(body)
    assert message in fault.message
    assert fault.where == where
    assert fault.remedy


def test_all_that_is_wrong_is_told_at_once_and_nothing_lands(world: Any) -> None:
    events = [flight(), flight(month=13, distance="far"), 7, {**flight(), "wind": 1}]
    with pytest.raises(ManyFaults) as caught:
        _post(world, json.dumps({"events": events}))
    places = [(fault.where["row"], fault.where.get("field")) for fault in caught.value.faults]
    assert places == [(1, "month"), (1, "distance"), (2, None), (3, "wind")]
    assert all(fault.remedy for fault in caught.value.faults)
    assert not list(world.ingest.landing.list(""))


def test_what_client_libraries_write_is_taken(world: Any) -> None:
    typed = {"year": 2013.0, "flight": 1545.0, "carrier": 9, "air_time": None, "tailnum": "NA"}
    answer = _post(world, json.dumps({"events": [flight(**typed)]}))
    assert world.land(answer["key"], world.ingest.landing.get(answer["key"])) == "validated"
    (record,) = world.ledger.active("flights", "flights")
    assert record.valid_rows == 1


def test_a_text_that_no_model_reads_may_be_as_long_as_in_a_file() -> None:
    fault = _fault(json.dumps({"events": [flight(carrier="x" * 300)]}))
    assert (fault.where, "256" in fault.message) == ({"row": 0, "field": "carrier"}, True)
    orders = parse_problem(
        "version: 1\nproblem: orders\ntask: binary\nentities: {order: [order]}\nevent_time: at\n"
        "target: {name: late, expr: days > 3, known_at: event_time + 9d}\n"
        "datasets: {orders: {role: events, columns: {order: string, at: timestamp, "
        "days: number?, size: number, notes: string?}}}\n"
        "exclude: [days, notes]\nfeatures: {request: [size]}\nholdout: 7d\n"
    )
    event = {"order": "a", "at": "2024-03-01T09:00:00Z", "size": 1, "notes": "x" * 300}
    assert parse_events(json.dumps({"events": [event]}).encode(), orders) == [event]


def test_a_packed_body_is_what_it_unpacks_to(world: Any) -> None:
    body = json.dumps({"events": flights(2)})
    packed = base64.b64encode(gzip.compress(body.encode())).decode()
    answer = _post(world, packed, base64_encoded=True, packed="GZIP")
    assert answer == _post(world, body)
    for given, how, says in (
        (packed[:40], "gzip", "not gzip"),
        (base64.b64encode(body.encode()).decode(), "gzip", "not gzip"),
        (packed, "br", "packed with br"),
    ):
        with pytest.raises(InvalidInput, match=says):
            _post(world, given, base64_encoded=True, packed=how)
    bomb = base64.b64encode(gzip.compress(b" " * (MAX_BODY_BYTES + 1))).decode()
    with pytest.raises(TooLarge, match=str(MAX_BODY_BYTES)):
        _post(world, bomb, base64_encoded=True, packed="gzip")


def test_a_body_that_is_not_base64_is_refused() -> None:
    assert "not base64" in _fault("§", base64_encoded=True).message


def test_too_much_at_once_is_refused_with_the_limit() -> None:
    assert isinstance(fault := _fault(" " * (MAX_BODY_BYTES + 1)), TooLarge)
    assert str(MAX_BODY_BYTES) in fault.message
    assert isinstance(_fault(json.dumps({"events": [{}] * (MAX_ROWS + 1)})), TooLarge)


def test_an_unknown_problem_is_not_found_and_the_known_ones_are_named(world: Any) -> None:
    with pytest.raises(NotFound, match="Known problems: flights"):
        _post(world, "{}", problem="trains")
