"""An account in memory, the problem ``flights``, and a wall clock that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from ghosteam.aws.executions import Executions
from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.decide_retraining import (
    Retraining,
    decide_retraining,
)
from tests.accounts import Account, memory_account


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


@pytest.fixture(scope="session")
def flights() -> Problem:
    return load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


@pytest.fixture
def now() -> datetime:
    return datetime(2024, 5, 20, 8, tzinfo=UTC)


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
