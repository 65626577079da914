"""The flights problem, a state table and what a retraining run leaves behind, for the serving
tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents.event import Event
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from tests.accounts import create_state_table
from tests.unit.serving.builders import ACCOUNT, ROOT, http_api_event, write_run


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
