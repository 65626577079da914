"""What callers get when something behind the API fails."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ghosteam.errors import Transient
from ghosteam.features.views import online_table
from ghosteam.steps import predict as predict_module
from tests.unit.serving.service import Service


def test_a_failing_challenger_costs_no_answer(service: Service, http_event: Any) -> None:
    service.serves(challenger_percent=100)
    service.runtime.broken.add("slot-2")
    status, answer = service.call(http_event("predict"))
    assert status == 200
    assert answer["predictions"][0]["variant"] == "champion"
    error, prediction = service.records
    assert (error["record_type"], error["asked"], error["endpoint"]) == (
        "prediction_error",
        "challenger",
        "slot-2",
    )
    assert (prediction["assigned"], prediction["answered"]) == ("challenger", "champion")
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
    assert (service.records[-1]["answered"], service.records[-1]["endpoint"]) == (
        "previous",
        "slot-0",
    )


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

    def find(self, *_: object) -> None:
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
    routings = service.predictor.routings
    table, routings.state = routings.state, Failing()  # type: ignore[assignment]
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
    service.store.delete_table(TableName=online_table("gt"))
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert is_discreet(answer) and "gt_features" not in json.dumps(answer), answer


def test_a_failure_of_our_own_is_a_500_that_tells_nothing_of_the_inside(
    service: Service, http_event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("secret")

    service.serves()
    monkeypatch.setattr(service.predictor, "read", fail)
    status, answer = service.call(http_event("predict"))
    assert (status, answer["error"]) == (500, "Defect")
    assert "secret" not in json.dumps(answer)
