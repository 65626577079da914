"""Every permission is needed: the part that lost one says AccessDenied in its own log, and goes on
when it has it back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from uuid import uuid4

import pytest

from ghosteam.documents.event import SOURCE
from ghosteam.documents.slot import Slot
from tests.builders import csv_bytes, flights, plane
from tests.flow.conftest import prediction_status
from tests.flow.deployment import PREFIX
from tests.flow.rights import without
from tests.flow.world import Dropped, World

pytestmark = pytest.mark.flow


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
        ("predict", "sagemaker:InvokeEndpoint", "", "InvokeEndpoint", prediction_status),
        ("predict", "dynamodb:BatchGetItem", "", "BatchGetItem", prediction_status),
        ("accept_events", "s3:PutObject", "landing", "PutObject", _post_events),
        ("check_drift", "s3:ListBucket", "lake", "ListObjectsV2", _check_drift),
    ],
)
def test_a_function_that_is_asked_says_what_it_may_not_do_and_answers_when_it_may(
    world: World,
    champion: Slot,
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
    world: World, champion: Slot
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
