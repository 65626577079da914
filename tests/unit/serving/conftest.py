"""The flights problem, a state table and what a retraining run leaves behind, for the serving
tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from mangum import Mangum
from moto import mock_aws

from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.objects import Objects
from ghosteam.aws.recent_items import RecentItems
from ghosteam.aws.state import StateTable
from ghosteam.documents.event import Event
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps import predict as predict_module
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.online_features import read_online
from ghosteam.steps.predict import PredictionService
from ghosteam.steps.prediction_api import create_app
from ghosteam.steps.routings import Routings
from tests.accounts import create_state_table
from tests.online import create_online_table
from tests.unit.serving.builders import ACCOUNT, ROOT, http_api_event, write_run
from tests.unit.serving.rollouts import InMemoryRegistry, Rollouts
from tests.unit.serving.service import InMemoryRuntime, Service


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
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def dynamodb(account: None) -> Any:
    return boto3.client("dynamodb")


@pytest.fixture
def state(dynamodb: Any) -> StateTable:
    return create_state_table(dynamodb)


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
def finished_run(state: StateTable, artifacts: Objects) -> Callable[..., None]:
    """Writes what a run leaves."""
    return partial(write_run, state, artifacts)


@pytest.fixture
def http_event() -> Callable[..., dict[str, Any]]:
    """An HTTP API event of the documented shape, changed where asked."""
    return http_api_event


@pytest.fixture
def rollouts(
    local_flights: Problem, state: StateTable, artifacts: Objects, bus: Any, finished_run: Any
) -> Rollouts:
    return Rollouts(
        local_flights, state, artifacts, bus, InMemoryRegistry({"candidate": "1"}), finished_run
    )


@pytest.fixture
def service(serve: Callable[[Problem], Service], flights: Problem) -> Service:
    return serve(flights)


@pytest.fixture
def serve(
    flights: Problem,
    state: StateTable,
    artifacts: Objects,
    dynamodb: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Problem], Service]:
    """Deploys a folder of ``flights``."""
    create_online_table(dynamodb, "gt")
    runtime, records, metrics = InMemoryRuntime(), list[dict[str, Any]](), list[Any]()
    monkeypatch.setattr(
        predict_module, "count", lambda name, value, **dims: metrics.append((name, value, dims))
    )

    def deploy(folder: Problem) -> Service:
        predictor = PredictionService(
            routings=Routings(state),
            definitions=Definitions(artifacts),
            read=partial(read_online, dynamodb, online_prefix="gt", recent=RecentItems()),
            endpoints=ScoringEndpoints(runtime),
            emit=records.append,
            sleep=lambda _: None,
        )
        handler = Mangum(create_app({"flights": folder}, lambda: predictor), lifespan="off")

        def call(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            answer = handler(event, SimpleNamespace())
            return answer["statusCode"], json.loads(answer["body"])

        return Service(call, runtime, records, metrics, state, dynamodb, predictor)

    return deploy


@pytest.fixture
def instance(http_event: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(http_event("predict")["body"])["instances"]
    return rows[0]
