"""Prediction requests: features, slots, calls, log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from mangum import Mangum

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.features.codec import StoredRow
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.prediction_id import event_of
from ghosteam.steps.online_features import write_online
from ghosteam.steps.prediction_api import create_app
from tests import documents
from tests.online import place_of
from tests.unit.serving.builders import ROOT
from tests.unit.serving.service import Service


def test_a_request_is_answered_with_online_features_and_logged(
    service: Service, http_event: Any, flights: Problem
) -> None:
    service.serves()
    write_online(
        service.store,
        place_of("gt", flights, "weather"),
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
    assert event_of(prediction["prediction_id"], flights) == record["event"]
    assert record["event_time"] == "2013-04-01T09:15:00+00:00"
    assert record["event"] == {
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


def test_a_decision_is_the_one_that_is_worth_most(service: Service, http_event: Any) -> None:
    """A miss costs so much that a probability of 0.25 is enough: 1 / 26 would be."""
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    values = "decide: {values: {hit: 5, miss: -20, false_alarm: -1}}\npromote:"
    dear = parse_problem(text.replace("promote:", values, 1), file="problem.yaml")
    handler = Mangum(create_app({"flights": dear}, lambda: service.predictor), lifespan="off")
    service.serves()
    answer = json.loads(handler(http_event("predict"), SimpleNamespace())["body"])
    (prediction,) = answer["predictions"]
    assert (prediction["outputs"], prediction["decision"]) == ({"late": 0.25}, True)


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
    assert {(r["answered"], r["model_version"], r["endpoint"]) for r in service.records} == {
        ("champion", "1", "slot-1"),
        ("challenger", "2", "slot-2"),
    }
    assert len({prediction["prediction_id"] for prediction in answer["predictions"]}) == 100


INSIDE = ("slot-1", "slot-0", "InvokeEndpoint", "ModelError", "arn:", "state", "boto")


@pytest.mark.parametrize("kind", ["predict", "get"])
@pytest.mark.parametrize("scope", ["ghosteam-8/write:flights", "ghosteam-5/predict:trains", ""])
def test_a_token_without_the_scope_is_a_403_before_its_rows_are_looked_at(
    service: Service, http_event: Any, kind: str, scope: str
) -> None:
    service.serves()
    event = http_event(kind)
    event["requestContext"]["authorizer"] = {"lambda": {"scope": scope}}
    if kind == "predict":
        event["body"] = '{"instances": [{}]}'
    status, answer = service.call(event)
    assert (status, answer["error"]) == (403, "Forbidden")
    assert "ghosteam-8/predict:flights" in answer["message"]


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
        state_keys.ROUTING,
        lambda routing: replace(routing, champion=documents.slot("2")),
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


def test_a_folder_with_a_cache_is_answered_by_the_rows_of_a_moment_ago(
    serve: Callable[[Problem], Service], http_event: Any, flights: Problem
) -> None:
    key = {"tailnum": "N14228"}
    place = place_of("gt", flights, "planes")
    cached = flights.serve.model_copy(update={"cache": timedelta(seconds=30)})
    service = serve(flights.model_copy(update={"serve": cached}))
    service.serves()
    seats, came = [], datetime(2024, 5, 20, 8, tzinfo=UTC)
    for second, stored in ((0, 100.0), (29, 200.0), (30, 300.0)):
        write_online(service.store, place, [(key, StoredRow({"planes__seats": stored}, came))])
        service.predictor.now = lambda at=came + timedelta(seconds=second): at  # type: ignore[misc]
        status, answer = service.call(http_event("predict"))
        assert status == 200, answer
        ((_, (row,)),) = service.runtime.calls[-1:]
        seats.append(row["planes__seats"])
    assert seats == [100.0, 100.0, 300.0]
