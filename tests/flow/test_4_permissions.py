"""Every permission is needed: the part that lost one says AccessDenied in its own log, and goes on
when it has it back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from ghosteam.documents import state_keys
from ghosteam.documents.event import SOURCE
from ghosteam.documents.keys import evaluation, run_prefix
from tests.builders import csv_bytes, flights, plane
from tests.flow import slice as sample
from tests.flow.conftest import moment
from tests.flow.world import PREFIX, Dropped, World

pytestmark = pytest.mark.flow


@contextmanager
def without(world: World, role_arn: str, action: str, resource: str) -> Iterator[None]:
    """Take an action on resources whose ARN holds ``resource`` out of a role's inline policy, and
    put it back.
    """
    iam, role = world.client("iam"), role_arn.rsplit("/", 1)[1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    reduced = {
        **whole,
        "Statement": [
            less for each in whole["Statement"] for less in _less(each, action, resource)
        ],
    }
    assert reduced != whole, f"{role} may not {action} on {resource}"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(reduced))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(whole))


def _less(statement: dict[str, Any], action: str, resource: str) -> Iterator[dict[str, Any]]:
    """What is left of a statement without the action on these resources; it may speak of others
    too.
    """
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    met = [each for each in resources if resource in each] if action in actions else []
    others, left = (
        [each for each in resources if each not in met],
        [each for each in actions if each != action],
    )
    if others:
        yield {**statement, "Resource": others}
    if met and left:
        yield {**statement, "Action": left, "Resource": met}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _role_of(world: World, function: str) -> str:
    name = f"{PREFIX}-{function.replace('_', '-')}"
    return str(world.client("lambda").get_function_configuration(FunctionName=name)["Role"])


def _denied_line(world: World, function: str, operation: str, since: float) -> str:
    """The line in which the function says that it may not do this."""

    def look() -> str | None:
        lines = (line for line in world.log_lines(function, since) if operation in line)
        return next((line for line in lines if "AccessDenied" in line or "403" in line), None)

    return world.eventually(
        f"AccessDenied in the log of {function}", look, logs_of=(function,), within=60
    )


def _drop_planes(world: World) -> Dropped:
    mark = uuid4().hex[:8]
    return world.drop(
        "planes",
        f"{mark}.csv",
        csv_bytes([plane(tailnum=f"{mark}{number}") for number in range(5)]),
    )


@pytest.mark.parametrize(
    ("function", "action", "resource", "operation"),
    [
        ("ingest_file", "s3:GetObjectVersion", "landing", "HeadObject"),
        ("ingest_file", "s3:PutObject", "lake", "PutObject"),
        ("validate_batch", "s3:PutObject", "lake", "PutObject"),
        ("validate_batch", "events:PutEvents", "", "PutEvents"),
        ("materialize_features", "dynamodb:BatchWriteItem", "", "BatchWriteItem"),
    ],
)
def test_a_function_of_the_data_path_says_what_it_may_not_do_and_goes_on_when_it_may(
    world: World, function: str, action: str, resource: str, operation: str
) -> None:
    since = time.time()
    with without(world, _role_of(world, function), action, resource):
        dropped = _drop_planes(world)
        line = _denied_line(world, function, operation, since)
        assert "AccessDenied" in line or operation == "HeadObject", (
            "S3 answers a HEAD request without a body"
        )
        [letter] = world.eventually(
            "dead letter", lambda: world.dead_letters(function), logs_of=(function,)
        )
        assert letter.reasons["error"] == "Defect" and operation in letter.reasons["message"]
    assert world.redrive(function) == 1
    batch = world.settled(dropped)
    assert batch.status == "validated"
    world.eventually(
        "FeaturesMaterialized",
        lambda: world.events("FeaturesMaterialized", batch_id=batch.batch_id),
        logs_of=(function,),
    )


def _predict(world: World) -> int:
    rows = sample.requests(world.problem, moment(4, 1), moment(4, 2), 1)
    return int(
        world.api.request("POST", "/v1/flights/predict", json={"instances": rows}).status_code
    )


def _post_events(world: World) -> int:
    event = {**flights(1)[0], "flight": int(time.time())}
    return int(
        world.api.request("POST", "/v1/flights/events", json={"events": [event]}).status_code
    )


def _check_drift(world: World) -> int:
    answer = world.invoke_anyway(
        "check_drift", {"problem": "flights", "as_of": "2013-02-01T00:00:00Z"}
    )
    return 500 if "FunctionError" in answer else 200


@pytest.mark.parametrize(
    ("function", "action", "resource", "operation", "ask"),
    [
        ("predict", "sagemaker:InvokeEndpoint", "", "InvokeEndpoint", _predict),
        ("predict", "dynamodb:BatchGetItem", "", "BatchGetItem", _predict),
        ("accept_events", "s3:PutObject", "landing", "PutObject", _post_events),
        ("check_drift", "s3:ListBucket", "lake", "ListObjectsV2", _check_drift),
    ],
)
def test_a_function_that_is_asked_says_what_it_may_not_do_and_answers_when_it_may(
    world: World,
    champion: dict[str, Any],
    function: str,
    action: str,
    resource: str,
    operation: str,
    ask: Callable[[World], int],
) -> None:
    since = time.time()
    with without(world, _role_of(world, function), action, resource):
        assert ask(world) >= 500
        assert "AccessDenied" in _denied_line(world, function, operation, since)
    assert ask(world) < 300


def test_a_decision_to_retrain_that_may_not_start_the_run_says_so(
    world: World, champion: dict[str, Any]
) -> None:
    world.rest()
    since, executions = time.time(), len(world.executions("retraining"))
    entry = {
        "Source": SOURCE,
        "DetailType": "RetrainingRequested",
        "EventBusName": world.names["bus_name"],
        "Detail": json.dumps({"version": 1, "problem": "flights", "detail": "asked by a test"}),
    }
    with without(world, _role_of(world, "decide_retraining"), "states:StartExecution", ""):
        world.client("events").put_events(Entries=[entry])
        assert "AccessDenied" in _denied_line(world, "decide_retraining", "StartExecution", since)
        [letter] = world.eventually("dead letter", lambda: world.dead_letters("decide_retraining"))
    assert "StartExecution" in letter.reasons["message"]
    world.client("sqs").purge_queue(QueueUrl=letter.dead)
    assert len(world.executions("retraining")) == executions


def test_a_state_machine_that_may_not_start_a_job_fails_with_access_denied(
    world: World, champion: dict[str, Any]
) -> None:
    machine = world.client("stepfunctions").describe_state_machine(
        stateMachineArn=world.machine("retraining")
    )
    with without(world, machine["roleArn"], "sagemaker:CreateProcessingJob", "processing-job"):
        run_id, cause = _failed_run(world)
    assert "AccessDenied" in cause
    assert "sagemaker:CreateProcessingJob" in cause
    _run_is_closed(world, run_id)


def test_a_job_that_may_not_read_its_data_fails_with_access_denied(
    world: World, champion: dict[str, Any]
) -> None:
    machine = world.client("stepfunctions").describe_state_machine(
        stateMachineArn=world.machine("retraining")
    )
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
    world: World, champion: dict[str, Any]
) -> None:
    machine = world.client("stepfunctions").describe_state_machine(
        stateMachineArn=world.machine("retraining")
    )
    families = json.loads(machine["definition"])["States"]["ForEachFamily"]["ItemProcessor"][
        "States"
    ]
    role = families["TrainFamily"]["Parameters"]["RoleArn"]
    with without(world, role, "s3:PutObject", "artifacts"):
        run_id, cause = _failed_run(world)
    assert "No family could be trained" in cause
    _run_is_closed(world, run_id, says="No family could be trained")
    run = world.state.get("flights", state_keys.RUNS / run_id)
    assert run is not None and set(run.data["lost"]) == set(world.problem.model.families)
    assert all("AccessDenied" in why for why in run.data["lost"].values()), run.data["lost"]
    assert all(f"{family}: " in run.data["reasons"][0] for family in ("lightgbm", "xgboost"))


LEFT_BY_JOBS = {
    "BuildTrainingSet": "training_set/train.parquet",
    "TrainFamily": "models/gt-x/output/model.tar.gz",
    "EvaluateModels": "evaluation/evaluation.json",
}
LEFT_BY_FUNCTIONS = ("plan.json", "families.json", "digests.json")


def test_a_job_may_write_what_jobs_of_its_kind_leave_and_nothing_that_others_believe(
    world: World,
) -> None:
    machine = world.client("stepfunctions").describe_state_machine(
        stateMachineArn=world.machine("retraining")
    )
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
    world: World, champion: dict[str, Any]
) -> None:
    world.rest()
    key = evaluation("flights", champion["run_id"])
    whole, routing = world.artifacts.get(key), world.state.get("flights", state_keys.ROUTING)
    assert routing is not None
    request = {
        "problem": "flights",
        "run_id": champion["run_id"],
        "version": routing.data["champion"]["version"],
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
    assert _predict(world) == 200


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

    def closed() -> dict[str, Any] | None:
        run = world.state.get("flights", state_keys.RUNS / run_id)
        return run.data if run and run.data["finished_at"] else None

    run = world.eventually("closed run", closed, logs_of=("finish_run",))
    assert run["status"] == "failed"
    assert says in run["reasons"][0]
    world.eventually(
        "free lease", lambda: world.state.get("flights", state_keys.RETRAINING_LEASE) is None
    )
