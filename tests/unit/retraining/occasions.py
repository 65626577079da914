"""Events that are occasions to retrain, and what an account needs to decide them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ghosteam.aws.executions import Executions
from ghosteam.documents import state_keys
from ghosteam.features.views import views_version
from ghosteam.steps.decide_retraining import (
    Retraining,
)
from tests import documents
from tests.accounts import FLIGHTS


def started(machine) -> list[dict]:
    client, arn = machine
    names = [e["executionArn"] for e in client.list_executions(stateMachineArn=arn)["executions"]]
    return [json.loads(client.describe_execution(executionArn=name)["input"]) for name in names]


def materialized(dataset: str, batch_id: str) -> dict:
    return {
        "id": "1",
        "detail-type": "FeaturesMaterialized",
        "detail": {
            "problem": "flights",
            "dataset": dataset,
            "batch_id": batch_id,
            "view_version": views_version(FLIGHTS, dataset),
        },
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


def changed(at: str = "2024-05-20T07:00:00+00:00", definition: str = "6f6b54536bf9") -> dict:
    detail = {"problem": "flights", "definition": definition, "at": at, "changed": "a join added"}
    return {"id": "4", "detail-type": "DefinitionChanged", "detail": detail}


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
            account.note_online(dataset, prefix + month)
    account.note_online("planes", "p")


def serve(account, train_end: datetime = datetime(2013, 3, 4, tzinfo=UTC), **more) -> None:
    serving = documents.routing(documents.slot("1", train_end=train_end, **more))
    account.state.create("flights", state_keys.ROUTING, serving)


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


def adapters_of(account, machine) -> Retraining:
    return Retraining(account.state, Executions(*machine), account.bus)
