"""From an event on the bus to an execution, or a stored reason why not."""

from __future__ import annotations

import json

import boto3
import pytest

from ghosteam.aws.executions import Executions
from ghosteam.errors import InvalidInput
from ghosteam.retraining.decide_retraining import decide_retraining, note_materialized, occasion_of
from ghosteam.retraining.documents import new_run


@pytest.fixture
def machine(account) -> tuple:
    client = boto3.client("stepfunctions", region_name="us-east-1")
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Wait", "Seconds": 1000, "End": True}}})
    arn = client.create_state_machine(
        name="retraining", definition=definition, roleArn="arn:aws:iam::123456789012:role/retraining"
    )["stateMachineArn"]
    return client, arn


@pytest.fixture
def decide(account, flights, now, machine):
    executions = Executions(*machine)
    return lambda event: decide_retraining(flights, event, now=now, state=account.state, executions=executions)


def started(machine) -> list[dict]:
    client, arn = machine
    names = [e["executionArn"] for e in client.list_executions(stateMachineArn=arn)["executions"]]
    return [json.loads(client.describe_execution(executionArn=name)["input"]) for name in names]


def materialized(dataset: str, batch_id: str) -> dict:
    return {
        "id": "1",
        "detail-type": "FeaturesMaterialized",
        "detail": {"problem": "flights", "dataset": dataset, "batch_id": batch_id},
    }


def drift(as_of: str = "2013-07-08T00:00:00+00:00") -> dict:
    detail = {"problem": "flights", "as_of": as_of, "window_end": as_of, "features": "weather__temp", "model_version": "1"}
    return {"id": "2", "detail-type": "DriftDetected", "detail": detail}


def request(event_id: str = "3", **detail) -> dict:
    return {"id": event_id, "detail-type": "RetrainingRequested", "detail": {"problem": "flights", **detail}}


def materialize_all(account) -> None:
    for dataset, prefix, months in (("flights", "f", ("01", "02", "03")), ("weather", "w", ("01", "02", "03"))):
        for month in months:
            note_materialized(account.state, "flights", dataset, prefix + month)
    note_materialized(account.state, "flights", "planes", "p")


def test_the_last_missing_batch_starts_the_first_run_as_of_the_newest_event(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    assert answer["decision"] == "start"
    [document] = started(machine)
    assert document == {
        "problem": "flights",
        "run_id": answer["run_id"],
        "as_of": "2013-04-01T03:59:00+00:00",
        "reason": {"trigger": "readiness", "detail": "batch p of planes is materialised"},
    }
    assert account.state.get("flights", "readiness").data == {"ready": True, "reasons": []}


def test_a_batch_whose_features_are_not_online_yet_does_not_count(account, decide, machine):
    account.add_first_quarter()
    answer = decide(materialized("planes", "p"))
    assert answer["decision"] == "skip" and "no batch of flights has arrived" in answer["reason"]
    assert account.state.get("flights", "readiness").data["ready"] is False
    assert started(machine) == []


def test_the_same_event_again_starts_nothing_twice_and_answers_the_same(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    assert decide(materialized("planes", "p")) == decide(materialized("planes", "p"))
    assert len(started(machine)) == 1


def test_a_decision_lost_after_the_execution_started_is_made_again_without_a_second_execution(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    lost = account.state.get("flights", f"decision#{answer['run_id']}")
    account.state.delete("flights", lost)
    assert decide(materialized("planes", "p"))["decision"] == "start"
    assert len(started(machine)) == 1


def serve(account, train_end: str = "2013-03-04T00:00:00+00:00") -> None:
    account.state.create("flights", "routing", {"champion": {"version": "1", "train_end": train_end}, "challenger": None})


def test_drift_starts_a_run_that_says_which_features_drifted(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    assert decide(drift())["decision"] == "start"
    assert started(machine)[0]["reason"]["detail"] == "weather__temp drifted in the window to 2013-07-08T00:00:00+00:00"


def test_drift_inside_the_cool_down_is_skipped_and_the_reason_is_stored(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    run = new_run("r0", reason={}, as_of="2013-07-05T00:00:00+00:00", started_at="2024-05-01T00:00:00+00:00")
    account.state.create("flights", "run#r0", {**run, "status": "refused", "finished_at": "2024-05-01T01:00:00+00:00"})
    answer = decide(drift())
    assert answer["decision"] == "skip" and "cool-down" in answer["reason"]
    assert account.state.get("flights", f"decision#{answer['run_id']}").data == answer
    assert started(machine) == []


def test_each_request_of_a_person_is_a_run_of_its_own(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    assert decide(request("a"))["run_id"] != decide(request("b"))["run_id"]
    assert len(started(machine)) == 2


def test_a_performance_event_says_what_fell():
    detail = {"as_of": "2013-07-08T00:00:00+00:00", "window_end": "w", "metric": "roc_auc", "value": 0.61, "limit": 0.64}
    occasion = occasion_of({"id": "1", "detail-type": "PerformanceDegraded", "detail": detail})
    assert occasion.detail == "roc_auc is 0.6100, past its limit 0.6400, in the window to w"


@pytest.mark.parametrize("event", [request(as_of="soon"), request(as_of="2013-07-08T00:00:00"), {**drift(), "detail-type": "X"}])
def test_an_event_that_makes_no_sense_is_refused_with_a_remedy(event):
    with pytest.raises(InvalidInput) as caught:
        occasion_of(event)
    assert caught.value.remedy and caught.value.where["field"] in ("as_of", "detail-type")
