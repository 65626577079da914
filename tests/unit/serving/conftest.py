"""The flights problem, a state table and what a retraining run leaves behind, for the serving tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ghosteam import layout
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.events import Event

ROOT = Path(__file__).parents[3]


@dataclass
class RecordingBus:
    """Keeps what is published."""

    events: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture(scope="session")
def flights() -> Problem:
    return load_problem(ROOT / "feature_repo" / "flights")


@pytest.fixture(scope="session")
def local_flights() -> Problem:
    return load_problem(ROOT / "feature_repo" / "flights", environment="local")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(account: None) -> Any:
    return boto3.client("dynamodb")


@pytest.fixture
def state(dynamodb: Any) -> StateTable:
    keys = ("problem", "key")
    dynamodb.create_table(
        TableName="state",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=True)],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return StateTable(dynamodb, "state")


@pytest.fixture
def artifacts(account: None) -> Objects:
    client = boto3.client("s3")
    client.create_bucket(Bucket="artifacts")
    return Objects(client, "artifacts")


@pytest.fixture
def lake(account: None) -> Objects:
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake")
    return Objects(client, "lake")


@pytest.fixture
def finished_run(artifacts: Objects) -> Any:
    """Writes the plan and evaluation of a run, as its jobs do."""

    def write(run_id: str, decision: str = "promote", champion: bool = False) -> str:
        model_uri = f"s3://artifacts/runs/flights/{run_id}/models/lightgbm/output/model.tar.gz"
        candidate = {"family": "lightgbm", "model_uri": model_uri, "metrics": {"roc_auc": 0.69, "brier": 0.17}, "slices": {}}
        worse = {**candidate, "family": "sklearn", "model_uri": "s3://artifacts/other", "metrics": {"roc_auc": 0.6}}
        comparison = {"difference": 0.031, "lower": 0.012, "confidence": 0.95, "better": True}
        artifacts.put_json(layout.plan("flights", run_id), {"version": 1, "holdout_start": "2013-03-18T00:00:00+00:00"})
        artifacts.put_json(
            layout.evaluation("flights", run_id),
            {
                "problem": "flights",
                "run_id": run_id,
                "candidates": [worse, candidate],
                "chosen": "lightgbm",
                "model_uri": model_uri,
                "comparison": comparison if champion else None,
                "decision": decision,
                "reasons": [] if decision == "promote" else ["roc_auc 0.55 is below 0.6"],
            },
        )
        return model_uri

    return write


@pytest.fixture
def http_event() -> Any:
    """An HTTP API event of the documented shape, changed where asked."""

    def load(name: str, *, path: str | None = None, body: Any = None, method: str | None = None) -> dict[str, Any]:
        event: dict[str, Any] = json.loads((ROOT / "tests" / "events" / f"http_api_{name}.json").read_text())
        if path:
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
        if method:
            event["requestContext"]["http"]["method"] = method
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return event

    return load
