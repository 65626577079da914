"""The AWS side of the data functions in moto, reached only through their environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import StateTable
from ghosteam.runtime import problems
from ghosteam.runtime.settings import IngestSettings
from tests.builders import REPOSITORY

SETTINGS = IngestSettings(
    environment_name="test", state_table="state", bus_name="ghosteam", landing_bucket="landing", lake_bucket="lake"
)


class DataAccount:
    """Buckets, state table and bus, with a queue that keeps what the bus carries."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        for bucket in ("landing", "lake"):
            self.s3.create_bucket(Bucket=bucket)
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName="state",
            KeySchema=[{"AttributeName": "problem", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("problem", "key")],
            BillingMode="PAY_PER_REQUEST",
        )
        self.ledger = BatchLedger(StateTable(dynamodb, "state"))
        self._sqs = boto3.client("sqs")
        self._queue = self._sqs.create_queue(QueueName="heard")["QueueUrl"]
        events = boto3.client("events")
        events.create_event_bus(Name="ghosteam")
        events.put_rule(Name="all", EventBusName="ghosteam", EventPattern=json.dumps({"source": ["ghosteam"]}))
        target = {"Id": "heard", "Arn": "arn:aws:sqs:us-east-1:123456789012:heard"}
        events.put_targets(Rule="all", EventBusName="ghosteam", Targets=[target])

    def heard(self) -> list[dict[str, Any]]:
        """The event documents since the last call."""
        messages = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


@contextmanager
def data_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataAccount]:
    """An empty account, and the environment of a function in it."""
    environment = {
        **SETTINGS.to_environment(),
        "GHOSTEAM_FEATURE_REPO": str(REPOSITORY),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
    with mock_aws():
        yield DataAccount()
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
