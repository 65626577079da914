from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ghosteam.errors import InvalidInput, NotFound, TooLarge
from ghosteam.serving.events import MAX_BODY_BYTES, MAX_EVENTS
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
    now: datetime = NOW,
) -> dict[str, Any]:
    landing = world.ingest.landing
    posting = Posting(problem, body, base64_encoded)
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
        ('{"events": [1]}', "not an object", {"field": "events.0"}),
        (
            json.dumps({"events": [flight(), flight(wind="strong")]}),
            "unknown field",
            {"field": "events.1.wind"},
        ),
        (
            json.dumps({"events": [flight(origin=["EWR"])]}),
            "not a scalar",
            {"field": "events.0.origin"},
        ),
        (
            json.dumps({"events": [{**flight(), "carrier": None}]}),
            "lacks carrier",
            {"field": "events.0.carrier"},
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


def test_a_body_that_is_not_base64_is_refused() -> None:
    assert "not base64" in _fault("§", base64_encoded=True).message


def test_too_much_at_once_is_refused_with_the_limit() -> None:
    assert isinstance(fault := _fault(" " * (MAX_BODY_BYTES + 1)), TooLarge)
    assert str(MAX_BODY_BYTES) in fault.message
    assert isinstance(_fault(json.dumps({"events": [{}] * (MAX_EVENTS + 1)})), TooLarge)


def test_an_unknown_problem_is_not_found_and_the_known_ones_are_named(world: Any) -> None:
    with pytest.raises(NotFound, match="Known problems: flights"):
        _post(world, "{}", problem="trains")
