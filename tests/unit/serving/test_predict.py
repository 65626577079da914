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
from ghosteam.errors import Transient
from ghosteam.features.codec import StoredRow
from ghosteam.features.views import online_table, views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import request_model
from ghosteam.steps import predict as predict_module
from ghosteam.steps.online_features import write_online
from ghosteam.steps.predict import Predictor
from ghosteam.steps.prediction_api import MAX_BODY_BYTES, create_app
from ghosteam.steps.routings import Routings
from tests.unit.serving.builders import ROOT

Call = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


@dataclass
class InMemoryRuntime:
    """Answers InvokeEndpoint: late by 0.25 a row, unless the endpoint is among ``broken``, or
    has ``failures`` left.
    """

    broken: set[str] = field(default_factory=set)
    failures: dict[str, int] = field(default_factory=dict)
    calls: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: str) -> dict[str, Any]:
        rows = json.loads(Body)["rows"]
        self.calls.append((EndpointName, rows))
        left = self.failures.get(EndpointName, 0)
        self.failures[EndpointName] = left - 1
        if EndpointName in self.broken or left > 0:
            raise ClientError(
                {"Error": {"Code": "ModelError", "Message": "Received server error (500)"}},
                "InvokeEndpoint",
            )
        answer = self.answers.get(EndpointName) or {
            "outputs": ["late"],
            "rows": [[0.25]] * len(rows),
            "version": EndpointName.rpartition("-")[2],
        }
        return {"Body": io.BytesIO(json.dumps(answer).encode())}


@dataclass
class Service:
    call: Call
    runtime: InMemoryRuntime
    records: list[dict[str, Any]]
    metrics: list[tuple[str, float, dict[str, str]]]
    state: StateTable
    store: Any
    predictor: Predictor

    def serves(self, challenger_percent: int | None = None, replaced: str | None = None) -> None:
        challenger = (
            {"version": "2", "endpoint": "slot-2", "percent": challenger_percent}
            if challenger_percent
            else None
        )
        routing = {
            "champion": {"version": "1", "endpoint": "slot-1"},
            "challenger": challenger,
            "salt": "run-2",
        }
        if replaced:
            routing["replaced"] = {"version": replaced, "endpoint": f"slot-{replaced}"}
        self.state.create("flights", "routing", routing)


@pytest.fixture
def service(
    flights: Problem, state: StateTable, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> Service:
    for view in views_of(flights):
        dynamodb.create_table(
            TableName=online_table("gt", "flights", view.name),
            KeySchema=[{"AttributeName": "entity_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "entity_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    runtime, records, metrics = InMemoryRuntime(), list[dict[str, Any]](), list[Any]()
    monkeypatch.setattr(
        predict_module, "count", lambda name, value, **dims: metrics.append((name, value, dims))
    )
    predictor = Predictor(
        routings=Routings(state),
        store=dynamodb,
        endpoints=ScoringEndpoints(runtime),
        online_prefix="gt",
        emit=records.append,
        sleep=lambda _: None,
    )
    handler = Mangum(create_app({"flights": flights}, lambda: predictor), lifespan="off")

    def call(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = handler(event, SimpleNamespace())
        return answer["statusCode"], json.loads(answer["body"])

    return Service(call, runtime, records, metrics, state, dynamodb, predictor)


@pytest.fixture
def instance(http_event: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(http_event("predict")["body"])["instances"]
    return rows[0]


def test_a_request_is_answered_with_online_features_and_logged(
    service: Service, http_event: Any, flights: Problem
) -> None:
    service.serves()
    write_online(
        service.store,
        online_table("gt", "flights", "weather"),
        [
            (
                {
                    "origin": "EWR",
                    "weather_period": int(datetime(2013, 4, 1, 8, tzinfo=UTC).timestamp()),
                },
                StoredRow({"temp": 39.5, "humid": None}, datetime(2013, 4, 1, 9, tzinfo=UTC)),
            )
        ],
    )
    stored = {view.name: view for view in views_of(flights)}["weather"].features
    assert stored["temp"] == "weather__temp"

    status, answer = service.call(http_event("predict"))

    assert status == 200, answer
    (prediction,) = answer["predictions"]
    assert prediction["outputs"] == {"late": 0.25}
    assert prediction["decision"] is False
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


def test_a_private_value_reaches_the_model_and_no_log(
    service: Service, http_event: Any, state: StateTable, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    private = parse_problem(
        text.replace("dest: {type: string,", "dest: {type: string, private: true,"),
        file="problem.yaml",
    )
    handler = Mangum(create_app({"flights": private}, lambda: service.predictor), lifespan="off")
    service.serves()
    event = http_event("predict")
    event["body"] = event["body"].replace('"IAH"', '"SECRET"')
    assert '"SECRET"' in event["body"]
    assert handler(event, SimpleNamespace())["statusCode"] == 200
    [(_, [row])] = service.runtime.calls
    assert row["dest"] == "SECRET"
    [record] = service.records
    assert record["features"] == {name: row[name] for name in private.logged_features}
    assert "dest" not in record["features"] and "SECRET" not in json.dumps(record)
    assert "SECRET" not in capsys.readouterr().out


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
    assert (error["record_type"], error["slot"], error["endpoint"]) == (
        "prediction_error",
        "challenger",
        "slot-2",
    )
    assert prediction["slot"] == "champion"
    assert ("PredictionErrors", 1, {"Problem": "flights", "Slot": "challenger"}) in service.metrics


INSIDE = ("slot-1", "slot-0", "InvokeEndpoint", "ModelError", "arn:", "state", "boto")


def is_discreet(answer: dict[str, Any]) -> bool:
    return not any(word in json.dumps(answer) for word in INSIDE)


def test_a_champion_that_fails_once_is_asked_again(service: Service, http_event: Any) -> None:
    service.serves()
    service.runtime.failures["slot-1"] = 1
    status, answer = service.call(http_event("predict"))
    assert (status, answer["predictions"][0]["variant"], answer["notes"]) == (200, "champion", [])
    assert [record["record_type"] for record in service.records] == [
        "prediction_error",
        "prediction",
    ]
    assert service.records[0]["call_id"] != service.records[1]["call_id"]


def test_the_champions_predecessor_answers_when_it_fails_and_is_marked(
    service: Service, http_event: Any
) -> None:
    service.serves(replaced="0")
    service.runtime.broken.add("slot-1")
    status, answer = service.call(http_event("predict"))
    assert status == 200
    (prediction,) = answer["predictions"]
    assert (prediction["variant"], prediction["model_version"]) == ("previous", "0")
    assert answer["notes"] == ["Version 1 failed; version 0, which served before it, answered"]
    assert [endpoint for endpoint, _ in service.runtime.calls] == ["slot-1", "slot-1", "slot-0"]
    assert (service.records[-1]["slot"], service.records[-1]["endpoint"]) == ("previous", "slot-0")


@pytest.mark.parametrize("replaced", [None, "0"])
def test_when_every_slot_fails_the_answer_is_a_503_that_tells_nothing_of_the_inside(
    service: Service, http_event: Any, replaced: str | None
) -> None:
    service.serves(replaced=replaced)
    service.runtime.broken |= {"slot-0", "slot-1"}
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (503, "Transient")
    assert answer["remedy"]
    assert is_discreet(answer), answer
    assert {record["record_type"] for record in service.records} == {"prediction_error"}


def test_no_slot_is_asked_when_the_caller_would_have_given_up(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.serves(replaced="0")
    service.runtime.broken.add("slot-1")
    monkeypatch.setattr(predict_module, "LAST_CALL_SECONDS", -1.0)
    assert service.call(http_event("predict"))[0] == 503
    assert [endpoint for endpoint, _ in service.runtime.calls] == ["slot-1"]


def test_an_endpoint_that_serves_another_version_does_not_answer(
    service: Service, http_event: Any
) -> None:
    service.serves(replaced="0")
    service.runtime.answers["slot-1"] = {"outputs": ["late"], "rows": [[0.9]], "version": "7"}
    status, answer = service.call(http_event("predict"))
    assert (status, answer["predictions"][0]["model_version"]) == (200, "0")
    assert "serves version 7, not 1" in service.records[0]["error"]


@pytest.mark.parametrize("rows", [[], [[float("nan")]], [[0.1, 0.2]]])
def test_an_answer_without_usable_outputs_is_a_500(
    service: Service, http_event: Any, rows: list[list[float]]
) -> None:
    service.serves()
    service.runtime.answers["slot-1"] = {"outputs": ["late"], "rows": rows, "version": "1"}
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert is_discreet(answer), answer


class Failing:
    """A state table that does not answer."""

    def get(self, *_: object) -> None:
        raise Transient(
            "Reading state failed: boto says no", where={"table": "state"}, internal=True
        )


def test_an_older_routing_serves_while_the_state_table_does_not_answer_and_says_so(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.serves()
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    assert service.call(http_event("predict"))[1]["notes"] == []
    table, service.predictor.routings.state = service.predictor.routings.state, Failing()  # type: ignore[assignment]
    for _ in range(2):
        clock.now += 40
        status, answer = service.call(http_event("predict"))
        assert (status, answer["predictions"][0]["model_version"]) == (200, "1")
        assert f"last looked up {clock.now - 100:.0f} s ago" in answer["notes"][0]
    service.predictor.routings.state = table
    clock.now += 2
    assert service.call(http_event("predict"))[1]["notes"] == []


def test_without_any_routing_a_state_table_that_does_not_answer_is_a_discreet_503(
    service: Service, http_event: Any
) -> None:
    service.predictor.routings.state = Failing()  # type: ignore[assignment]
    for kind in ("predict", "get"):
        status, answer = service.call(http_event(kind))
        assert (status, answer["error"]) == (503, "Transient")
        assert is_discreet(answer), answer


def test_a_table_that_is_missing_is_our_fault_and_not_a_404(
    service: Service, http_event: Any
) -> None:
    service.serves()
    service.store.delete_table(TableName=online_table("gt", "flights", "planes"))
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert is_discreet(answer) and "planes" not in json.dumps(answer), answer


@pytest.mark.parametrize("kind", ["predict", "get"])
@pytest.mark.parametrize("scope", ["ghosteam/write:flights", "ghosteam/predict:trains", ""])
def test_a_token_without_the_scope_is_a_403_before_its_rows_are_looked_at(
    service: Service, http_event: Any, kind: str, scope: str
) -> None:
    service.serves()
    event = http_event(kind)
    event["requestContext"]["authorizer"] = {"jwt": {"claims": {"scope": scope}}}
    if kind == "predict":
        event["body"] = '{"instances": [{}]}'
    status, answer = service.call(event)
    assert (status, answer["error"]) == (403, "Forbidden")
    assert "ghosteam/predict:flights" in answer["message"]


def test_before_the_first_promotion_the_answer_is_503_with_a_remedy(
    service: Service, http_event: Any
) -> None:
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (503, "Transient")
    assert "No model serves" in answer["message"]
    assert answer["remedy"]
    assert service.call(http_event("get"))[1] == {
        "problem": "flights",
        "champion": None,
        "challenger": None,
    }


def test_a_new_champion_answers_within_a_second_of_the_change(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.serves()
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    assert service.call(http_event("get"))[1]["champion"] == {"version": "1", "share_percent": 100}
    service.state.update(
        "flights",
        "routing",
        lambda data: {**data, "champion": {"version": "2", "endpoint": "slot-2"}},
    )
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
        ({"time_hour": "yesterday"}, "time_hour", "a time is text"),
        ({"time_hour": "1364806800"}, "time_hour", "a time is text"),
        ({"time_hour": "2013-04-01"}, "time_hour", "a time is text"),
        ({"time_hour": "2013-02-30T00:00:00Z"}, "time_hour", "no such time"),
        ({"time_hour": "0001-01-01T00:00:00Z"}, "time_hour", "between the years 1700 and 2200"),
        ({"time_hour": "0001-01-01T00:00:00+23:59"}, "time_hour", "between the years"),
        ({"time_hour": "9999-12-31T23:59:59-23:59"}, "time_hour", "between the years"),
        ({"distance": 10**400}, "distance", "valid number"),
        ({"flight": 2**63}, "flight", "less than or equal to"),
        ({"dest": "\ud800"}, "dest", "valid string"),
        ({"carrier": "x" * 257}, "carrier", "at most 256 characters"),
        ({"distance": True}, "distance", "valid number"),
        ({"arr_delay": 3}, "arr_delay", "Extra inputs"),
        ({"dest": ""}, "dest", "at least 1 character"),
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
        "1700-01-01T00:00:00Z",
        "2200-12-31T22:59:59.999999Z",
        "2013-04-01 09:00+0200",
        "2013-04-01T09:00",
    ],
)
def test_any_time_that_the_schema_admits_is_answered(
    service: Service, http_event: Any, instance: dict[str, Any], moment: str
) -> None:
    service.serves()
    status, answer = service.call(
        http_event("predict", body={"instances": [{**instance, "time_hour": moment}]})
    )
    assert status == 200, answer


def test_an_event_time_that_its_parts_carry_out_of_the_years_is_a_400(
    service: Service, http_event: Any, instance: dict[str, Any]
) -> None:
    service.serves()
    late = {**instance, "time_hour": "2200-12-31T23:30:00Z", "minute": 59}
    status, answer = service.call(http_event("predict", body={"instances": [instance, late]}))
    assert (status, answer["where"]["row"]) == (400, 1)
    assert "outside the years 1700 to 2200" in answer["message"]


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


@pytest.mark.parametrize("path", ["/nothing", "/v1/flights/foo", "/v1/flights/predict"])
def test_another_path_or_method_is_a_404_in_the_same_form(
    service: Service, http_event: Any, path: str
) -> None:
    status, answer = service.call(http_event("get", path=path))
    assert (status, answer["error"]) == (404, "NotFound")
    assert {"error", "message", "where", "remedy"} <= set(answer)
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


def test_the_docs_show_typed_fields_for_each_problem(
    service: Service, http_event: Any, flights: Problem
) -> None:
    status, document = service.call(http_event("get", path="/openapi.json"))
    assert status == 200
    fields = document["components"]["schemas"]["FlightsInstance"]
    assert tuple(fields["properties"]) == flights.request_columns
    assert fields["properties"]["origin"]["enum"] == ["EWR", "JFK", "LGA"]
    assert fields["properties"]["time_hour"]["format"] == "date-time"
    assert fields["properties"]["minute"]["maximum"] == 59
    assert "tailnum" not in fields["required"]
    operation = document["paths"]["/v1/flights/predict"]["post"]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Answer"
    )
    answers = {"200", "400", "401", "403", "404", "413", "429", "500", "503"}
    assert operation["responses"].keys() == answers
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    assert fields["properties"]["carrier"]["examples"] == ["UA"]
    event = document["components"]["schemas"]["FlightsEvent"]
    assert tuple(event["properties"]) == tuple(flights.events.columns)
    assert set(event["required"]) == {
        name for name, column in flights.events.columns.items() if not column.nullable
    }
    events = document["paths"]["/v1/flights/events"]["post"]
    assert events["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Accepted"
    )
    assert operation["responses"]["400"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Fault"
    )
