"""From an event on the bus to an execution, or a stored reason why not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.executions import Executions
from ghosteam.aws.retraining_lease import acquire_lease
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.readiness import Readiness
from ghosteam.errors import InvalidInput, Transient
from ghosteam.retraining.occasions import occasion_of
from ghosteam.steps.data_at_hand import note_materialized
from ghosteam.steps.decide_retraining import (
    Retraining,
    call_due,
    decide_retraining,
)
from ghosteam.steps.finish_run import finish_run
from tests import documents


@pytest.fixture
def machine(account) -> tuple:
    client = boto3.client("stepfunctions", region_name="us-east-1")
    definition = json.dumps(
        {"StartAt": "End", "States": {"End": {"Type": "Wait", "Seconds": 1000, "End": True}}}
    )
    arn = client.create_state_machine(
        name="retraining",
        definition=definition,
        roleArn="arn:aws:iam::123456789012:role/retraining",
    )["stateMachineArn"]
    return client, arn


@pytest.fixture
def decide(account, flights, now, machine):
    adapters = Retraining(account.state, Executions(*machine), account.bus)

    def call(event, now=now):
        return decide_retraining(flights, event, now=now, adapters=adapters)[-1]

    return call


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
    detail = {
        "problem": "flights",
        "as_of": as_of,
        "window_end": as_of,
        "features": "weather__temp",
        "model_version": "1",
    }
    return {"id": "2", "detail-type": "DriftDetected", "detail": detail}


def request(event_id: str = "3", **detail) -> dict:
    return {
        "id": event_id,
        "detail-type": "RetrainingRequested",
        "detail": {"problem": "flights", **detail},
    }


def materialize_all(account) -> None:
    for dataset, prefix, months in (
        ("flights", "f", ("01", "02", "03")),
        ("weather", "w", ("01", "02", "03")),
    ):
        for month in months:
            note_materialized(account.state, "flights", dataset, prefix + month)
    note_materialized(account.state, "flights", "planes", "p")


def test_the_last_missing_batch_starts_the_first_run_as_of_the_newest_event(
    account, decide, machine
):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "start"
    [document] = started(machine)
    assert document == {
        "problem": "flights",
        "run_id": answer.run_id,
        "as_of": "2013-04-01T03:59:00+00:00",
        "reason": {"trigger": "readiness", "detail": "batch p of planes is materialised"},
        "occasion_id": answer.occasion_id,
        "occasion": {
            "schema_version": 1,
            "cause": "readiness",
            "detail": "batch p of planes is materialised",
            "as_of": None,
            "request": "",
        },
    }
    assert account.state.find("flights", state_keys.READINESS) == Readiness(True)


def test_an_event_dated_into_the_future_does_not_hold_up_training(account, decide, machine):
    account.add_first_quarter()
    account.add_batch("flights", "odd", "2013-03-31T10:00:00+00:00", "2199-01-01T00:00:00+00:00")
    materialize_all(account)
    note_materialized(account.state, "flights", "flights", "odd")
    assert (
        decide(materialized("flights", "odd"), now=datetime(2013, 4, 1, 4, tzinfo=UTC)).decision
        == "start"
    )
    [document] = started(machine)
    assert document["as_of"] == "2013-04-01T04:00:00+00:00"


def test_a_batch_whose_features_are_not_online_yet_does_not_count(account, decide, machine):
    account.add_first_quarter()
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "skip" and "no batch of flights has arrived" in answer.reason
    assert account.state.find("flights", state_keys.READINESS).ready is False
    assert started(machine) == []


def test_the_same_event_again_starts_nothing_twice_and_answers_the_same(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    assert decide(materialized("planes", "p")) == decide(materialized("planes", "p"))
    assert len(started(machine)) == 1


def test_a_decision_lost_after_the_execution_started_is_made_again_without_a_second_execution(
    account, decide, machine
):
    account.add_first_quarter()
    materialize_all(account)
    answer = decide(materialized("planes", "p"))
    lost = account.state.get("flights", state_keys.DECISIONS / answer.occasion_id)
    account.state.delete("flights", lost)
    assert decide(materialized("planes", "p")).decision == "start"
    assert len(started(machine)) == 1


def serve(account, train_end: datetime = datetime(2013, 3, 4, tzinfo=UTC)) -> None:
    serving = documents.routing(documents.slot("1", train_end=train_end))
    account.state.create("flights", state_keys.ROUTING, serving)


def test_drift_starts_a_run_that_says_which_features_drifted(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    assert decide(drift()).decision == "start"
    assert (
        started(machine)[0]["reason"]["detail"]
        == "weather__temp drifted in the window to 2013-07-08T00:00:00+00:00"
    )


def test_drift_inside_the_cool_down_is_skipped_and_the_reason_is_stored(account, decide, machine):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    run = documents.run(
        "r0",
        as_of=datetime(2013, 7, 5, tzinfo=UTC),
        status="refused",
        started_at=datetime(2024, 5, 1, tzinfo=UTC),
        finished_at=datetime(2024, 5, 1, 1, tzinfo=UTC),
    )
    account.state.create("flights", state_keys.RUNS / "r0", run)
    answer = decide(drift())
    assert answer.decision == "skip" and "cool-down" in answer.reason
    assert account.state.get("flights", state_keys.DECISIONS / answer.occasion_id).data == answer
    assert started(machine) == []


def end_of(machine, run_id: str, status: str = "FAILED", **changes) -> dict:
    """The event that tells the end of an execution that decide_retraining started."""
    client, arn = machine
    execution = f"{arn.replace(':stateMachine:', ':execution:')}:{run_id}"
    text = client.describe_execution(executionArn=execution)["input"]
    return {"executionArn": execution, "status": status, "input": text, **changes}


CAPACITY = {
    "error": "States.TaskFailed",
    "cause": json.dumps({"TrainingJobName": "t", "FailureReason": "CapacityError: none left"}),
}
FINISHED = {"id": "9", "detail-type": "RetrainingFinished", "detail": {"problem": "flights"}}


def test_each_request_of_a_person_is_a_run_of_its_own_and_the_second_waits_for_the_first(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    first, second = decide(request("a")), decide(request("b"))
    assert (first.decision, second.decision) == ("start", "wait")
    assert second.for_run == first.run_id and second.request == "b"
    assert len(started(machine)) == 1
    finish_run(
        end_of(machine, first.run_id, "ABORTED"), now=now, state=account.state, bus=account.bus
    )
    again = decide(FINISHED)
    assert (again.decision, again.request) == ("start", "b")
    assert len(started(machine)) == 2
    assert list(account.state.list("flights", state_keys.WAITING)) == []


def test_two_first_loads_at_once_start_one_run_and_the_newer_data_are_asked_for_again(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    first = decide(materialized("planes", "p"))
    account.add_batch("flights", "f04", "2013-04-01T10:00:00+00:00", "2013-04-20T03:59:00+00:00")
    account.add_batch("weather", "w04", "2013-04-01T06:00:00+00:00", "2013-04-20T04:00:00+00:00")
    note_materialized(account.state, "flights", "weather", "w04")
    later = decide(materialized("flights", "f04"))
    assert (later.decision, later.for_run) == ("wait", first.run_id)
    # The first run was refused on its few data.
    state = account.state
    run = documents.run(
        first.run_id,
        occasion_id=first.occasion_id,
        as_of=first.as_of,
        started_at=now,
        status="refused",
    )
    state.create("flights", state_keys.RUNS / first.run_id, run)
    finish_run(end_of(machine, first.run_id, "SUCCEEDED"), now=now, state=state, bus=account.bus)
    # The cool-down counts from the first run's data: the newer ones end 19 days later.
    again = decide(FINISHED)
    assert again.decision == "start" and again.as_of == datetime(2013, 4, 20, 3, 59, tzinfo=UTC)


def test_a_file_that_is_still_arriving_is_waited_for_by_the_first_model(
    account, flights, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    source = LandedObject("landing", "flights/flights/april.csv", None, "01", 1, now.isoformat())
    BatchLedger(account.state).begin(
        BatchRecord("f04", "flights", "flights", "ingesting", source, now.isoformat())
    )
    answer = decide(materialized("planes", "p"))
    assert answer.decision == "wait" and "flights april.csv" in answer.reason
    assert started(machine) == []
    # It never comes: after a while the model is made without it.
    later = now + timedelta(minutes=20)
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == ["flights"]
    assert decide({**FINISHED, "detail-type": "RetrainingDue"}, now=later).decision == "start"


def adapters_of(account, machine) -> Retraining:
    return Retraining(account.state, Executions(*machine), account.bus)


def test_a_capacity_error_at_night_is_tried_again_by_itself(account, decide, machine, now):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    first = decide(drift())
    finish_run(
        end_of(machine, first.run_id, **CAPACITY), now=now, state=account.state, bus=account.bus
    )
    assert call_due(["flights"], now=now, adapters=adapters_of(account, machine)) == []
    later = now + timedelta(minutes=16)
    account.bus.events.clear()
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == ["flights"]
    assert [event.type for event in account.bus.events] == ["RetrainingDue"]
    second = decide({**FINISHED, "detail-type": "RetrainingDue"}, now=later)
    assert (second.decision, second.attempt) == ("start", 2)
    assert second.occasion_id == first.occasion_id and second.run_id != first.run_id
    assert len(started(machine)) == 2
    assert call_due(["flights"], now=later, adapters=adapters_of(account, machine)) == []


def test_the_same_event_after_a_failure_waits_and_is_then_the_next_attempt(
    account, decide, machine, now
):
    account.add_first_quarter()
    materialize_all(account)
    serve(account)
    first = decide(drift())
    event = end_of(machine, first.run_id, error="Defect", cause="no")
    finish_run(event, now=now, state=account.state, bus=account.bus)
    held = decide(drift(), now=now + timedelta(minutes=1))
    assert held.decision == "wait"
    assert held.retry_after == now + timedelta(minutes=15)
    assert decide(drift(), now=now + timedelta(minutes=16)).decision == "start"


def test_a_run_that_ends_while_the_wait_is_written_down_is_not_waited_for(
    account, decide, machine, now, monkeypatch
):
    account.add_first_quarter()
    materialize_all(account)
    acquire_lease(account.state, "flights", run_id="r0", execution="arn:r0", now=now)
    update, done = account.state.update, []

    def end_meanwhile(problem, key, change, **more):
        if key.text.startswith("waiting#") and not done:
            done.append(key)
            account.state.delete(
                "flights", account.state.get("flights", state_keys.RETRAINING_LEASE)
            )
        return update(problem, key, change, **more)

    monkeypatch.setattr(account.state, "update", end_meanwhile)
    assert decide(materialized("planes", "p")).decision == "start"
    assert done and list(account.state.list("flights", state_keys.WAITING)) == []


def test_an_execution_that_cannot_be_started_gives_the_lease_back(account, flights, now):
    account.add_first_quarter()
    materialize_all(account)

    class Away:
        def arn_of(self, name):
            return f"arn:{name}"

        def start(self, name, document):
            raise Transient("Step Functions is away")

    adapters = Retraining(account.state, Away(), account.bus)
    with pytest.raises(Transient):
        decide_retraining(flights, materialized("planes", "p"), now=now, adapters=adapters)
    assert account.state.get("flights", state_keys.RETRAINING_LEASE) is None


def test_a_persons_request_that_is_refused_is_told_and_on_record(account, decide, machine):
    answer = decide(request("a", request_id="mine"))
    assert (answer.decision, answer.request) == ("skip", "mine")
    assert account.state.get("flights", state_keys.DECISIONS / answer.occasion_id).data == answer
    [event] = account.bus.events
    assert event.type == "RetrainingDeclined" and "no batch of flights" in event.detail()["reason"]


def test_a_longer_hold_out_that_stops_retraining_is_told_once(account, decide):
    account.add_first_quarter()
    materialize_all(account)
    serve(account, train_end=datetime(2013, 3, 30, tzinfo=UTC))
    for _ in range(2):
        assert "shorten holdout" in decide(drift()).reason
    assert [event.type for event in account.bus.events] == ["RetrainingDeclined"]


def test_a_performance_event_says_what_fell():
    detail = {
        "as_of": "2013-07-08T00:00:00+00:00",
        "window_end": "w",
        "metric": "roc_auc",
        "value": 0.61,
        "limit": 0.64,
    }
    occasion = occasion_of({"id": "1", "detail-type": "PerformanceDegraded", "detail": detail})
    assert occasion.detail == "roc_auc is 0.6100, past its limit 0.6400, in the window to w"


@pytest.mark.parametrize(
    "event",
    [request(as_of="soon"), request(as_of="2013-07-08T00:00:00"), {**drift(), "detail-type": "X"}],
)
def test_an_event_that_makes_no_sense_is_refused_with_a_remedy(event):
    with pytest.raises(InvalidInput) as caught:
        occasion_of(event)
    assert caught.value.remedy and caught.value.where["field"] in ("as_of", "detail-type")
