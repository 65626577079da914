"""What an ended execution leaves behind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.aws.retraining_lease import acquire_lease, lease_holder
from ghosteam.documents import state_keys
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.errors import Defect
from ghosteam.retraining.backoff import MAX_ATTEMPTS
from ghosteam.retraining.runs import new_run
from ghosteam.steps.finish_run import finish_run
from tests import documents

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:retraining:r1"
INPUT = {
    "problem": "flights",
    "run_id": "r1",
    "reason": {"trigger": "drift", "detail": "temp"},
    "as_of": "2013-07-08T00:00:00+00:00",
    "occasion_id": "r1",
    "occasion": {
        "cause": "drift",
        "detail": "temp",
        "as_of": "2013-07-08T00:00:00+00:00",
        "request": "",
    },
}
CAPACITY = json.dumps({"TrainingJobName": "t", "FailureReason": "CapacityError: none left"})


def detail(status: str, **changes) -> dict:
    return {
        "executionArn": EXECUTION,
        "name": "r1",
        "status": status,
        "input": json.dumps(INPUT),
        **changes,
    }


@pytest.fixture
def running(account, now):
    acquire_lease(account.state, "flights", run_id="r1", execution=EXECUTION, now=now)
    account.state.create("flights", state_keys.RUNS / "r1", new_run(INPUT, now=now))
    return account


def finish(account, now, event):
    return finish_run(event, now=now, state=account.state, bus=account.bus)


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_that_broke_off_is_failed_with_its_cause_and_the_lease_is_free(running, now, status):
    finish(running, now, detail(status, error="States.TaskFailed", cause="AccessDenied: no"))
    run = running.state.get("flights", state_keys.RUNS / "r1").data
    assert run.status == "failed" and run.finished_at == now
    assert run.reasons == (f"the execution ended as {status}: States.TaskFailed: AccessDenied: no",)
    assert (
        lease_holder(running.state, "flights", now=now) is None
        and running.state.get("flights", state_keys.RETRAINING_LEASE) is None
    )


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (
            {
                "ProcessingJobName": "set-0",
                "Inputs": ["x"] * 999,
                "FailureReason": "exit code 1",
                "ExitMessage": "no",
            },
            "set-0: no",
        ),
        (
            {"TrainingJobName": "sklearn-0", "FailureReason": "AlgorithmError: no"},
            "sklearn-0: AlgorithmError: no",
        ),
    ],
)
def test_of_a_failed_job_its_name_and_last_words_are_kept(running, now, job, reason):
    finish(running, now, detail("FAILED", error="States.TaskFailed", cause=json.dumps(job)))
    run = running.state.get("flights", state_keys.RUNS / "r1").data
    assert run.reasons == (f"the execution ended as FAILED: States.TaskFailed: {reason}",)


@pytest.mark.parametrize("status", ["registered", "refused"])
def test_what_registering_decided_stands(running, now, status):
    running.state.update(
        "flights",
        state_keys.RUNS / "r1",
        lambda run: replace(run, status=status, version="3", reasons=("x",)),
    )
    finish(running, now, detail("SUCCEEDED"))
    assert running.state.get("flights", state_keys.RUNS / "r1").data.status == status
    [event] = running.bus.events
    assert event.type == "RetrainingFinished"
    assert event.detail()["status"] == status and event.detail()["model_version"] == "3"


def test_an_execution_still_running_changes_nothing(running, now):
    finish(running, now, detail("RUNNING"))
    assert lease_holder(running.state, "flights", now=now) == "r1" and running.bus.events == []


def test_the_event_told_twice_ends_the_same(running, now):
    finish(running, now, detail("FAILED"))
    before = running.state.get("flights", state_keys.RUNS / "r1").data
    finish(running, now.replace(hour=23), detail("FAILED"))
    assert running.state.get("flights", state_keys.RUNS / "r1").data == before


def test_a_run_that_never_got_the_lease_does_not_free_that_of_another(running, now):
    other = {**INPUT, "run_id": "r2"}
    finish(running, now, detail("FAILED", executionArn="arn:other", input=json.dumps(other)))
    assert lease_holder(running.state, "flights", now=now) == "r1"
    assert running.state.get("flights", state_keys.RUNS / "r2").data.status == "failed"


def waiting(account) -> list[WaitingOccasion]:
    return [
        document.data for document in account.state.list("flights", state_keys.WAITING_OCCASIONS)
    ]


def test_a_failure_that_may_pass_is_kept_to_be_tried_again_after_a_while(running, now):
    event = detail("FAILED", error="States.TaskFailed", cause=CAPACITY)
    finish(running, now, event)
    [kept] = waiting(running)
    assert kept.occasion == Occasion.from_json(INPUT["occasion"])
    assert kept.not_before == now + timedelta(minutes=15)
    finish(running, now + timedelta(hours=5), event)
    assert waiting(running) == [kept]


def test_a_failure_that_no_attempt_cures_is_not_tried_again_by_itself(running, now):
    finish(running, now, detail("FAILED", error="Defect", cause='{"errorMessage": "no"}'))
    assert waiting(running) == []


def test_a_failure_is_tried_again_only_so_often(running, now):
    for number in range(2, MAX_ATTEMPTS + 1):
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        run = documents.run(
            f"r{number}",
            occasion_id="r1",
            status="failed",
            started_at=long_ago,
            finished_at=long_ago,
        )
        running.state.create("flights", state_keys.RUNS / run.run_id, run)
    finish(running, now, detail("FAILED", error="States.TaskFailed", cause=CAPACITY))
    assert waiting(running) == []


def test_an_execution_that_met_another_run_is_skipped_for_that_reason_and_waits(running, now):
    other = {**INPUT, "run_id": "r2", "occasion_id": "r2"}
    busy = {"Error": "Busy", "Cause": json.dumps({"errorMessage": "Run r1 is at work"})}
    output = json.dumps({**other, "busy": busy})
    event = detail("SUCCEEDED", executionArn="arn:other", input=json.dumps(other), output=output)
    finish(running, now, event)
    run = running.state.get("flights", state_keys.RUNS / "r2").data
    assert (run.status, run.reasons) == ("skipped", ("Run r1 is at work",))
    assert lease_holder(running.state, "flights", now=now) == "r1"
    [kept] = waiting(running)
    assert (kept.occasion_id, kept.for_run, kept.not_before) == ("r2", "r1", None)
    assert running.bus.events[-1].detail()["status"] == "skipped"


def test_an_event_without_its_input_is_a_defect(running, now):
    with pytest.raises(Defect, match="does not carry"):
        finish(running, now, detail("FAILED", input=None))
