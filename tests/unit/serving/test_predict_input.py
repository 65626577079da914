"""What callers get for a request that is not as it should be."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from mangum import Mangum

from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import request_model
from ghosteam.steps.prediction_api import MAX_BODY_BYTES, create_app
from tests.unit.serving.service import Service


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"carrier": None}, "carrier", "Invalid value: it should be a valid string"),
        ({"minute": "15"}, "minute", "valid integer"),
        ({"minute": 75}, "minute", "less than or equal to 59"),
        ({"origin": "LAX"}, "origin", "'EWR', 'JFK' or 'LGA'"),
        ({"time_hour": 1364806800}, "time_hour", "a time is text"),
        ({"time_hour": "yesterday"}, "time_hour", "a time is text"),
        ({"time_hour": "1364806800"}, "time_hour", "a time is text"),
        ({"time_hour": "2013-04-01"}, "time_hour", "a time is text"),
        ({"time_hour": "2013-02-30T00:00:00Z"}, "time_hour", "no such time"),
        ({"time_hour": "0001-01-01T00:00:00Z"}, "time_hour", "between 1900-01-01"),
        ({"time_hour": "0001-01-01T00:00:00+23:59"}, "time_hour", "no such time"),
        ({"time_hour": "9999-12-31T23:59:59-23:59"}, "time_hour", "no such time"),
        ({"distance": 10**400}, "distance", "valid number"),
        ({"flight": 2**63}, "flight", "less than or equal to"),
        ({"dest": "\ud800"}, "dest", "valid string"),
        ({"carrier": "x" * 257}, "carrier", "at most 256 characters"),
        ({"distance": True}, "distance", "valid number"),
        ({"arr_delay": 3}, "arr_delay", "Extra inputs"),
        ({"dest": ""}, "dest", "stands for null"),
        ({"dest": " \t"}, "dest", "stands for null"),
    ],
)
def test_a_wrong_field_is_a_400_that_names_row_and_field(
    service: Service,
    http_event: Any,
    instance: dict[str, Any],
    change: dict[str, Any],
    field: str,
    words: str,
) -> None:
    service.serves()
    status, answer = service.call(
        http_event("predict", body={"instances": [instance, {**instance, **change}]})
    )
    assert (status, answer["error"]) == (400, "InvalidInput")
    assert answer["where"] == {"row": 1, "field": field}
    assert words in answer["message"]
    assert answer["remedy"]
    assert service.runtime.calls == []


@pytest.mark.parametrize(
    "moment",
    [
        "1900-01-01T00:00:00Z",
        "2013-04-01 09:00+0200",
        "2013-04-01T09:00",
    ],
)
def test_any_time_within_the_bounds_is_answered(
    service: Service, http_event: Any, instance: dict[str, Any], moment: str
) -> None:
    service.serves()
    status, answer = service.call(
        http_event("predict", body={"instances": [{**instance, "time_hour": moment}]})
    )
    assert status == 200, answer


@pytest.mark.parametrize("bound", ["minimum", "maximum"])
def test_the_documented_bounds_of_an_integer_are_those_that_are_kept(
    serve: Callable[[Problem], Service],
    flights: Problem,
    http_event: Any,
    instance: dict[str, Any],
    bound: str,
) -> None:
    flight = flights.events.columns["flight"].model_copy(update={"min": None, "max": None})
    columns = {**flights.events.columns, "flight": flight}
    events = flights.events.model_copy(update={"columns": columns})
    folder = flights.model_copy(
        update={"datasets": {**flights.datasets, flights.events_name: events}}
    )
    service = serve(folder)
    service.serves()
    _, described = service.call(http_event("get", path="/openapi.json"))
    fields = described["components"]["schemas"]["FlightsInstance"]["properties"]
    limit = int(fields["flight"][bound])
    beyond = limit + 1 if bound == "maximum" else limit - 1
    for value, expected in ((limit, 200), (beyond, 400)):
        body = {"instances": [{**instance, "flight": value}]}
        status, answer = service.call(http_event("predict", body=body))
        assert status == expected, answer


@pytest.mark.parametrize(("day", "status"), [("2025-05-21", 200), ("2025-05-23", 400)])
def test_a_time_is_bounded_by_when_the_request_comes(
    service: Service, http_event: Any, instance: dict[str, Any], day: str, status: int
) -> None:
    service.serves()
    service.predictor.now = lambda: datetime(2024, 5, 20, 8, tzinfo=UTC)
    late = {**instance, "time_hour": f"{day}T00:00:00Z"}
    found, answer = service.call(http_event("predict", body={"instances": [instance, late]}))
    assert found == status, answer
    if status == 400:
        assert answer["where"] == {"row": 1, "field": "time_hour"}
        assert "1900-01-01 00:00 to 2025-05-22 08:00 UTC" in answer["message"]


def test_all_faults_are_told_each_with_its_place(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    broken = [{**instance, "minute": 75, "origin": "LAX"}, instance, {**instance, "dest": ""}]
    status, answer = service.call(http_event("predict", body={"instances": broken}))
    assert status == 400
    assert [fault["where"] for fault in answer["faults"]] == [
        {"row": 0, "field": "origin"},
        {"row": 0, "field": "minute"},
        {"row": 2, "field": "dest"},
    ]
    assert {name: answer[name] for name in ("message", "where", "remedy")} == answer["faults"][0]
    many = {"instances": [{**instance, "minute": 75, "origin": "LAX"}] * 100}
    status, answer = service.call(http_event("predict", body=many))
    assert len(answer["faults"]) == 51
    assert answer["faults"][-1]["message"] == "and 150 more faults"


@pytest.mark.parametrize(
    "body",
    ["[" * 100_000, '{"instances": ' + "9" * 5000 + "}", '{"instances": [' + '{"a":' * 50_000],
)
def test_a_body_that_breaks_parsers_is_a_400(service: Service, http_event: Any, body: str) -> None:
    status, answer = service.call(http_event("predict", body=body))
    assert (status, answer["error"]) == (400, "InvalidInput")


def test_columns_may_have_names_that_the_schema_library_keeps_for_itself() -> None:
    columns = "{_id: string, model_config: number, copy: string, at: timestamp, amount: 'number?'}"
    problem = parse_problem(
        "version: 1\nproblem: clicks\ntask: binary\nentities: {click: [_id, at]}\nevent_time: at\n"
        "target: {name: bought, expr: amount > 0, known_at: event_time + 1h}\n"
        f"datasets: {{clicks: {{role: events, columns: {columns}}}}}\n"
        "features: {request: [model_config, copy]}\nholdout: 7d\n"
    )
    model = request_model(problem)
    row = {"_id": "a", "model_config": 1.5, "copy": "c", "at": "2013-04-01T09:00:00Z"}
    (parsed,) = model.model_validate({"instances": [row]}).model_dump(by_alias=True)["instances"]
    assert parsed == {**row, "at": datetime(2013, 4, 1, 9, tzinfo=UTC)}


def test_a_missing_field_is_a_400_with_the_remedy_to_add_it(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    del instance["dest"]
    status, answer = service.call(http_event("predict", body={"instances": [instance]}))
    assert (status, answer["where"], answer["remedy"]) == (
        400,
        {"row": 0, "field": "dest"},
        "Add the field",
    )


def test_a_nullable_column_may_be_absent(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    service.serves()
    del instance["tailnum"]
    assert service.call(http_event("predict", body={"instances": [instance]}))[0] == 200


@pytest.mark.parametrize("rows", [0, 101])
def test_a_request_has_1_to_100_rows(
    service: Service, http_event: Any, instance: dict[str, Any], rows: int
) -> None:
    status, answer = service.call(http_event("predict", body={"instances": [instance] * rows}))
    assert (status, answer["where"]) == (400, {"field": "instances"})


@pytest.mark.parametrize("body", ["{", '{"instances": [NaN]}', "[]", "null", '{"rows": []}'])
def test_a_body_of_another_form_is_a_400(service: Service, http_event: Any, body: str) -> None:
    status, answer = service.call(http_event("predict", body=body))
    assert (status, answer["error"]) == (400, "InvalidInput")


def test_a_number_that_is_none_is_refused(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    body = json.dumps({"instances": [{**instance, "distance": float("nan")}]})
    status, answer = service.call(http_event("predict", body=body))
    assert (status, answer["where"]) == (400, {"row": 0, "field": "distance"})


def test_an_oversized_body_is_a_413_that_names_the_limit(service: Service, http_event: Any) -> None:
    status, answer = service.call(http_event("predict", body="x" * (MAX_BODY_BYTES + 1)))
    assert (status, answer["error"]) == (413, "TooLarge")
    assert answer["where"] == {"limit_bytes": MAX_BODY_BYTES}


def test_an_unknown_problem_is_a_404_that_lists_the_known_ones(
    service: Service, http_event: Any
) -> None:
    status, answer = service.call(http_event("predict", path="/v1/trains/predict"))
    assert (status, answer["error"]) == (404, "NotFound")
    assert answer["remedy"] == "Known problems: flights"


def test_a_body_is_read_packed_and_without_a_content_type(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    service.serves()
    event = http_event("predict", body={"instances": [instance]})
    plain = {name: value for name, value in event["headers"].items() if name != "content-type"}
    assert service.call({**event, "headers": plain})[0] == 200
    packed = base64.b64encode(gzip.compress(event["body"].encode())).decode()
    headers = {**event["headers"], "content-encoding": "gzip"}
    asked = {**event, "body": packed, "isBase64Encoded": True, "headers": headers}
    assert service.call(asked)[0] == 200
    status, answer = service.call({**event, "headers": headers})
    assert (status, answer["error"]) == (400, "InvalidInput") and "gzip" in answer["remedy"]
    bomb = base64.b64encode(gzip.compress(b" " * (MAX_BODY_BYTES + 1))).decode()
    status, answer = service.call({**asked, "body": bomb})
    assert (status, answer["where"]) == (413, {"limit_bytes": MAX_BODY_BYTES})


@pytest.mark.parametrize(
    ("method", "action", "allowed"),
    [
        ("GET", "predict", "POST"),
        ("POST", "model", "GET"),
        ("DELETE", "predict", "POST"),
        ("PUT", "events", "POST"),
        ("GET", "labels", "POST"),
    ],
)
def test_another_method_of_a_path_is_a_405_that_names_the_one_that_is_allowed(
    flights: Problem, http_event: Any, method: str, action: str, allowed: str
) -> None:
    event = http_event("get", path=f"/v1/flights/{action}")
    event["requestContext"]["http"]["method"] = method
    app = create_app({"flights": flights}, lambda: pytest.fail("nothing is predicted"))
    answered = Mangum(app, lifespan="off")(event, SimpleNamespace())
    assert answered["statusCode"] == 405
    assert answered["headers"]["allow"] == allowed
    told = json.loads(answered["body"])
    assert told["message"] == f"{action} is asked for by {allowed}, not by {method}"
    assert told["remedy"]


@pytest.mark.parametrize("path", ["/nothing", "/v1/flights/foo"])
def test_another_path_is_a_404_in_the_same_form(
    service: Service, http_event: Any, path: str
) -> None:
    status, answer = service.call(http_event("get", path=path))
    assert (status, answer["error"]) == (404, "NotFound")
    assert {"error", "message", "where", "remedy"} <= set(answer)
    assert answer["remedy"]
