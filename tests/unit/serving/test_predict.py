"""The prediction path from an HTTP API event to the answer and the log."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mangum import Mangum

from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.state import StateTable
from ghosteam.features.codec import StoredRow
from ghosteam.features.online import write_online
from ghosteam.features.views import online_table, views_of
from ghosteam.problem.spec import Problem
from ghosteam.serving import predict as predict_module
from ghosteam.serving.api import MAX_BODY_BYTES, create_app
from ghosteam.serving.predict import Predictor

Call = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class InMemoryRuntime:
    """Answers InvokeEndpoint: a score of 0.25 a row, unless the endpoint is among ``broken``."""

    broken: set[str] = field(default_factory=set)
    calls: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    answer: Any = None

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: str) -> dict[str, Any]:
        rows = json.loads(Body)["rows"]
        self.calls.append((EndpointName, rows))
        if EndpointName in self.broken:
            raise ClientError({"Error": {"Code": "ModelError", "Message": "Received server error (500)"}}, "InvokeEndpoint")
        answer = self.answer or {"scores": [0.25] * len(rows), "version": EndpointName.rpartition("-")[2]}
        return {"Body": io.BytesIO(json.dumps(answer).encode())}


@dataclass
class Service:
    call: Call
    runtime: InMemoryRuntime
    records: list[dict[str, Any]]
    metrics: list[tuple[str, float, dict[str, str]]]
    state: StateTable
    store: Any

    def serves(self, challenger_percent: int | None = None) -> None:
        challenger = {"version": "2", "endpoint": "slot-2", "percent": challenger_percent} if challenger_percent else None
        routing = {"champion": {"version": "1", "endpoint": "slot-1"}, "challenger": challenger, "salt": "run-2"}
        self.state.create("flights", "routing", routing)


@pytest.fixture
def service(flights: Problem, state: StateTable, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Service:
    for view in views_of(flights):
        dynamodb.create_table(
            TableName=online_table("gt", "flights", view.name),
            KeySchema=[{"AttributeName": "entity_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "entity_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    runtime, records, metrics = InMemoryRuntime(), list[dict[str, Any]](), list[Any]()
    monkeypatch.setattr(predict_module, "count", lambda name, value, **dims: metrics.append((name, value, dims)))
    predictor = Predictor(
        state=state, store=dynamodb, endpoints=ScoringEndpoints(runtime), online_prefix="gt", emit=records.append
    )
    handler = Mangum(create_app({"flights": flights}, lambda: predictor), lifespan="off")

    def call(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = handler(event, SimpleNamespace())
        return answer["statusCode"], json.loads(answer["body"])

    return Service(call, runtime, records, metrics, state, dynamodb)


@pytest.fixture
def instance(http_event: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(http_event("predict")["body"])["instances"]
    return rows[0]


def test_a_request_is_answered_with_online_features_and_logged(service: Service, http_event: Any, flights: Problem) -> None:
    service.serves()
    write_online(
        service.store,
        online_table("gt", "flights", "weather"),
        [
            (
                {"origin": "EWR", "weather_period": int(datetime(2013, 4, 1, 8, tzinfo=UTC).timestamp())},
                StoredRow({"temp": 39.5, "humid": None}, datetime(2013, 4, 1, 9, tzinfo=UTC)),
            )
        ],
    )
    stored = {view.name: view for view in views_of(flights)}["weather"].features
    assert stored["temp"] == "weather__temp"

    status, answer = service.call(http_event("predict"))

    assert status == 200, answer
    (prediction,) = answer["predictions"]
    assert prediction["score"] == 0.25
    assert prediction["label"] is False
    assert (prediction["model_version"], prediction["variant"]) == ("1", "champion")
    assert prediction["freshness_seconds"]["weather"] == 15 * 60
    assert prediction["freshness_seconds"]["planes"] is None
    ((endpoint, (row,)),) = service.runtime.calls
    assert endpoint == "slot-1"
    assert tuple(row) == flights.feature_names
    assert row["carrier"] == "UA"
    (record,) = service.records
    assert record["record_type"] == "prediction"
    assert record["prediction_id"] == prediction["prediction_id"]
    assert record["event_time"] == "2013-04-01T09:15:00+00:00"
    assert record["entity"] == {
        "year": 2013,
        "month": 4,
        "day": 1,
        "carrier": "UA",
        "flight": 1545,
        "origin": "EWR",
        "sched_dep_time": 515,
    }
    assert record["features"] == row
    assert service.metrics == [("Predictions", 1, {"Problem": "flights", "Slot": "champion"})]


def test_an_entity_stays_with_its_slot_and_each_slot_is_called_once(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    service.serves(challenger_percent=50)
    body = {"instances": [{**instance, "flight": 1 + i % 50} for i in range(100)]}
    status, answer = service.call(http_event("predict", body=body))
    assert status == 200
    variants = [prediction["variant"] for prediction in answer["predictions"]]
    assert variants[:50] == variants[50:]
    assert set(variants) == {"champion", "challenger"}
    assert sorted(endpoint for endpoint, _ in service.runtime.calls) == ["slot-1", "slot-2"]
    assert {(r["slot"], r["model_version"], r["endpoint"]) for r in service.records} == {
        ("champion", "1", "slot-1"),
        ("challenger", "2", "slot-2"),
    }
    assert len({prediction["prediction_id"] for prediction in answer["predictions"]}) == 100


def test_a_failing_challenger_costs_no_answer(service: Service, http_event: Any) -> None:
    service.serves(challenger_percent=100)
    service.runtime.broken.add("slot-2")
    status, answer = service.call(http_event("predict"))
    assert status == 200
    assert answer["predictions"][0]["variant"] == "champion"
    error, prediction = service.records
    assert (error["record_type"], error["slot"], error["endpoint"]) == ("prediction_error", "challenger", "slot-2")
    assert prediction["slot"] == "champion"
    assert ("PredictionErrors", 1, {"Problem": "flights", "Slot": "challenger"}) in service.metrics


def test_a_failing_champion_is_a_503_that_names_the_endpoint(service: Service, http_event: Any) -> None:
    service.serves()
    service.runtime.broken.add("slot-1")
    status, answer = service.call(http_event("predict"))
    assert status == 503
    assert answer["where"] == {"endpoint": "slot-1"}
    assert [record["record_type"] for record in service.records] == ["prediction_error"]


def test_an_answer_with_a_score_too_few_is_a_500(service: Service, http_event: Any) -> None:
    service.serves()
    service.runtime.answer = {"scores": [], "version": "1"}
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert "0 scores for 1 rows" in answer["message"]


def test_before_the_first_promotion_the_answer_is_503_with_a_remedy(service: Service, http_event: Any) -> None:
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (503, "Transient")
    assert "No model serves" in answer["message"]
    assert answer["remedy"]
    assert service.call(http_event("get"))[1] == {"problem": "flights", "champion": None, "challenger": None}


def test_a_new_champion_answers_within_a_second_of_the_change(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.serves()
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    assert service.call(http_event("get"))[1]["champion"] == {"version": "1", "share_percent": 100}
    service.state.update("flights", "routing", lambda data: {**data, "champion": {"version": "2", "endpoint": "slot-2"}})
    clock.now += 0.5
    assert service.call(http_event("get"))[1]["champion"]["version"] == "1"
    clock.now += 0.6
    assert service.call(http_event("get"))[1]["champion"]["version"] == "2"


def test_shares_of_both_slots_are_shown(service: Service, http_event: Any) -> None:
    service.serves(challenger_percent=20)
    status, answer = service.call(http_event("get"))
    assert status == 200
    assert answer["champion"] == {"version": "1", "share_percent": 80}
    assert answer["challenger"] == {"version": "2", "share_percent": 20}


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"carrier": None}, "carrier", "valid string"),
        ({"minute": "15"}, "minute", "valid integer"),
        ({"minute": 75}, "minute", "less than or equal to 59"),
        ({"origin": "LAX"}, "origin", "'EWR', 'JFK' or 'LGA'"),
        ({"time_hour": 1364806800}, "time_hour", "a time is text"),
        ({"time_hour": "yesterday"}, "time_hour", "valid datetime"),
        ({"distance": True}, "distance", "valid number"),
        ({"arr_delay": 3}, "arr_delay", "Extra inputs"),
        ({"dest": ""}, "dest", "at least 1 character"),
    ],
)
def test_a_wrong_field_is_a_400_that_names_row_and_field(
    service: Service, http_event: Any, instance: dict[str, Any], change: dict[str, Any], field: str, words: str
) -> None:
    service.serves()
    status, answer = service.call(http_event("predict", body={"instances": [instance, {**instance, **change}]}))
    assert (status, answer["error"]) == (400, "InvalidInput")
    assert answer["where"] == {"row": 1, "field": field}
    assert words in answer["message"]
    assert answer["remedy"]
    assert service.runtime.calls == []


def test_a_missing_field_is_a_400_with_the_remedy_to_add_it(service: Service, http_event: Any, instance: dict[str, Any]) -> None:
    del instance["dest"]
    status, answer = service.call(http_event("predict", body={"instances": [instance]}))
    assert (status, answer["where"], answer["remedy"]) == (400, {"row": 0, "field": "dest"}, "Add the field")


def test_a_nullable_column_may_be_absent(service: Service, http_event: Any, instance: dict[str, Any]) -> None:
    service.serves()
    del instance["tailnum"]
    assert service.call(http_event("predict", body={"instances": [instance]}))[0] == 200


@pytest.mark.parametrize("rows", [0, 101])
def test_a_request_has_1_to_100_rows(service: Service, http_event: Any, instance: dict[str, Any], rows: int) -> None:
    status, answer = service.call(http_event("predict", body={"instances": [instance] * rows}))
    assert (status, answer["where"]) == (400, {"field": "instances"})


@pytest.mark.parametrize("body", ["{", '{"instances": [NaN]}', "[]", "null", '{"rows": []}'])
def test_a_body_of_another_form_is_a_400(service: Service, http_event: Any, body: str) -> None:
    status, answer = service.call(http_event("predict", body=body))
    assert (status, answer["error"]) == (400, "InvalidInput")


def test_a_number_that_is_none_is_refused(service: Service, http_event: Any, instance: dict[str, Any]) -> None:
    body = json.dumps({"instances": [{**instance, "distance": float("nan")}]})
    status, answer = service.call(http_event("predict", body=body))
    assert (status, answer["where"]) == (400, {"row": 0, "field": "distance"})


def test_an_oversized_body_is_a_413_that_names_the_limit(service: Service, http_event: Any) -> None:
    status, answer = service.call(http_event("predict", body="x" * (MAX_BODY_BYTES + 1)))
    assert (status, answer["error"]) == (413, "TooLarge")
    assert answer["where"] == {"limit_bytes": MAX_BODY_BYTES}


def test_an_unknown_problem_is_a_404_that_lists_the_known_ones(service: Service, http_event: Any) -> None:
    status, answer = service.call(http_event("predict", path="/v1/trains/predict"))
    assert (status, answer["error"]) == (404, "NotFound")
    assert answer["remedy"] == "Known problems: flights"


@pytest.mark.parametrize("path", ["/nothing", "/v1/flights/foo", "/v1/flights/predict"])
def test_another_path_or_method_is_a_404_in_the_same_form(service: Service, http_event: Any, path: str) -> None:
    status, answer = service.call(http_event("get", path=path))
    assert (status, answer["error"]) == (404, "NotFound")
    assert set(answer) == {"error", "message", "where", "remedy"}
    assert answer["remedy"]


def test_a_failure_of_our_own_is_a_500_that_tells_nothing_of_the_inside(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("secret")

    service.serves()
    monkeypatch.setattr(predict_module, "read_online", fail)
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert "secret" not in json.dumps(answer)


def test_the_docs_show_typed_fields_for_each_problem(service: Service, http_event: Any, flights: Problem) -> None:
    status, document = service.call(http_event("get", path="/openapi.json"))
    assert status == 200
    fields = document["components"]["schemas"]["FlightsInstance"]
    assert tuple(fields["properties"]) == flights.request_columns
    assert fields["properties"]["origin"]["enum"] == ["EWR", "JFK", "LGA"]
    assert fields["properties"]["time_hour"]["format"] == "date-time"
    assert fields["properties"]["minute"]["maximum"] == 59
    assert "tailnum" not in fields["required"]
    operation = document["paths"]["/v1/flights/predict"]["post"]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Answer")
    assert operation["responses"]["400"]["content"]["application/json"]["schema"]["$ref"].endswith("/Fault")
