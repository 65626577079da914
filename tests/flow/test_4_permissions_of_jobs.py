"""A run or rollout that may not do what it has to fails with the reason on record; jobs may write
what jobs of their kind leave and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.keys import evaluation, run_prefix
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot
from tests.flow.conftest import prediction_status
from tests.flow.rights import without
from tests.flow.world import World

pytestmark = pytest.mark.flow


def test_a_state_machine_that_may_not_start_a_job_fails_with_access_denied(
    world: World, champion: Slot
) -> None:
    machine = _retraining(world)
    with without(world, machine["roleArn"], "sagemaker:CreateProcessingJob", "processing-job"):
        run_id, cause = _failed_run(world)
    assert "AccessDenied" in cause
    assert "sagemaker:CreateProcessingJob" in cause
    _run_is_closed(world, run_id)


def test_a_job_that_may_not_read_its_data_fails_with_access_denied(
    world: World, champion: Slot
) -> None:
    machine = _retraining(world)
    role = json.loads(machine["definition"])["States"]["BuildTrainingSet"]["Parameters"]["RoleArn"]
    with without(world, role, "s3:GetObject", "lake"):
        run_id, cause = _failed_run(world)
    sagemaker = world.client("sagemaker")
    jobs = sagemaker.list_processing_jobs(NameContains=run_id)["ProcessingJobSummaries"]
    message = sagemaker.describe_processing_job(ProcessingJobName=jobs[0]["ProcessingJobName"])[
        "ExitMessage"
    ]
    assert "AccessDenied" in message
    assert "s3:GetObject" in message
    assert "AccessDenied" in cause
    _run_is_closed(world, run_id)


def test_training_jobs_that_may_not_leave_their_models_fail_the_run_and_each_family_is_named(
    world: World, champion: Slot
) -> None:
    machine = _retraining(world)
    families = json.loads(machine["definition"])["States"]["ForEachFamily"]["ItemProcessor"][
        "States"
    ]
    role = families["TrainFamily"]["Parameters"]["RoleArn"]
    with without(world, role, "s3:PutObject", "artifacts"):
        run_id, cause = _failed_run(world)
    assert "No family could be trained" in cause
    _run_is_closed(world, run_id, says="No family could be trained")
    run = world.state.get("flights", state_keys.RUNS / run_id)
    assert run is not None and set(run.data.lost) == set(world.problem.model.families)
    assert all("AccessDenied" in why for why in run.data.lost.values()), run.data.lost
    assert all(f"{family}: " in run.data.reasons[0] for family in ("lightgbm", "xgboost"))


LEFT_BY_JOBS = {
    "BuildTrainingSet": "training_set/train.parquet",
    "TrainFamily": "models/gt-x/output/model.tar.gz",
    "EvaluateModels": "evaluation/evaluation.json",
}
LEFT_BY_FUNCTIONS = ("plan.json", "families.json", "digests.json")


def test_a_job_may_write_what_jobs_of_its_kind_leave_and_nothing_that_others_believe(
    world: World,
) -> None:
    machine = _retraining(world)
    found: dict[str, Any] = json.loads(machine["definition"])["States"]
    found = {**found, **found["ForEachFamily"]["ItemProcessor"]["States"]}
    for job, own in LEFT_BY_JOBS.items():
        for path in (*LEFT_BY_JOBS.values(), *LEFT_BY_FUNCTIONS):
            answer = world.client("iam").simulate_principal_policy(
                PolicySourceArn=found[job]["Parameters"]["RoleArn"],
                ActionNames=["s3:PutObject"],
                ResourceArns=[
                    f"arn:aws:s3:::{world.artifacts.bucket}/{run_prefix('flights', 'r1')}/{path}"
                ],
            )
            [result] = answer["EvaluationResults"]
            assert (result["EvalDecision"] == "allowed") == (path == own), (job, path, result)


def test_a_changed_evaluation_is_not_rolled_out_and_the_champion_goes_on(
    world: World, champion: Slot
) -> None:
    world.rest()
    key = evaluation("flights", champion.run_id)
    whole, routing = world.artifacts.get(key), world.state.get("flights", state_keys.ROUTING)
    assert routing is not None
    request = {
        "problem": "flights",
        "run_id": champion.run_id,
        "version": routing.data.champion.version,
    }
    world.artifacts.put(key, whole + b" ")
    try:
        cause = _failed(
            "rollout", f"forged-{uuid4().hex[:6]}", request, world, logs_of="prepare_rollout"
        )
    finally:
        world.artifacts.put(key, whole)
    assert "changed after it was put on record" in cause
    assert world.state.get("flights", state_keys.ROUTING) == routing
    assert prediction_status(world) == 200


def _failed_run(world: World) -> tuple[str, str]:
    """Start a run whose data are there; its id and the cause of its failure."""
    world.rest()
    run_id = f"20130331T0000-flow-{uuid4().hex[:6]}"
    document = {
        "problem": "flights",
        "run_id": run_id,
        "reason": {"trigger": "request", "detail": "a test"},
        "as_of": "2013-03-31T00:00:00+00:00",
    }
    return run_id, _failed("retraining", run_id, document, world, logs_of="start_run")


def _failed(
    machine: str, name: str, document: dict[str, Any], world: World, *, logs_of: str
) -> str:
    """The cause of the failure of an execution."""
    client = world.client("stepfunctions")
    started = client.start_execution(
        stateMachineArn=world.machine(machine), name=name, input=json.dumps(document)
    )
    arn = started["executionArn"]

    def ended() -> dict[str, Any] | None:
        found = dict(client.describe_execution(executionArn=arn))
        return found if found["status"] != "RUNNING" else None

    execution = world.eventually("end of the execution", ended, logs_of=(logs_of,), within=180)
    assert execution["status"] == "FAILED"
    history = client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=20)[
        "events"
    ]
    details = [
        value for event in history for name, value in event.items() if name.endswith("EventDetails")
    ]
    return "\n".join(
        f"{detail.get('error')} {detail.get('cause')}" for detail in details if "cause" in detail
    )


def _run_is_closed(world: World, run_id: str, says: str = "AccessDenied") -> None:
    """The run's document says that it failed, and nothing holds the lease."""

    def closed() -> Run | None:
        run = world.state.get("flights", state_keys.RUNS / run_id)
        return run.data if run and run.data.finished_at else None

    run = world.eventually("closed run", closed, logs_of=("finish_run",))
    assert run.status == "failed"
    assert says in run.reasons[0]
    world.eventually(
        "free lease", lambda: world.state.get("flights", state_keys.RETRAINING_LEASE) is None
    )


def _retraining(world: World) -> Mapping[str, Any]:
    """The retraining state machine, as Step Functions describes it."""
    arn = world.machine("retraining")
    return world.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
