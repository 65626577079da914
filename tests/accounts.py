"""An account in memory with a state table, buckets and a ledger to fill, for tests of use cases."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.event import Event
from ghosteam.documents.materialized_batch import MaterializedBatch
from ghosteam.features.views import views_version
from ghosteam.problem.load import load_problem
from ghosteam.runtime.settings import OutcomeSettings, Settings
from ghosteam.steps.data_at_hand import note_materialized

ROOT = Path(__file__).parents[1]
FLIGHTS = load_problem(ROOT / "feature_repo" / "flights")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


MONITOR = OutcomeSettings(
    environment_name="local",
    state_table="state",
    bus_name="default",
    lake_bucket="lake",
    artifact_bucket="artifacts",
    online_prefix="on",
)
"""Of the functions that watch, in the account of :func:`memory_account`."""


NAMES = {
    "landing_bucket": "landing",
    "lake_bucket": "lake",
    "artifact_bucket": "artifacts",
    "state_table": "state",
    "bus_name": "bus",
}
"""What the resources of a deployment are called in tests, for :func:`name_resources`."""


def name_resources(environment: str, **names: str) -> None:
    """Say what an environment's resources are called, where the command line looks for it."""
    for name, value in names.items():
        boto3.client("ssm").put_parameter(
            Name=f"/ghosteam-{environment}/{name}", Value=value, Type="String"
        )


@dataclass
class RecordingBus:
    """Keeps what is published."""

    events: list[Event] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def publish_all(self, events: Iterable[Event]) -> None:
        self.events += events


@dataclass
class Account:
    """Moto's account: table ``state``, buckets ``artifacts`` and ``lake``, and a bus that
    remembers.
    """

    state: StateTable
    artifacts: Objects
    lake: Objects
    bus: RecordingBus

    def add_batch(
        self,
        dataset: str,
        batch_id: str,
        begin: str | None = None,
        end: str | None = None,
        parts: int = 1,
    ) -> None:
        """A validated batch of the problem ``flights`` that counts."""
        source = LandedObject(
            "landing", f"flights/{dataset}/{batch_id}", None, "01", 1, "2024-01-01T00:00:00+00:00"
        )
        record = BatchRecord(
            batch_id,
            "flights",
            dataset,
            "validated",
            source,
            source.landed_at,
            parts=parts,
            valid_rows=9_000,
            min_time=begin,
            max_time=end,
        )
        ledger = BatchLedger(self.state)
        ledger.advance(record, until=())
        ledger.land(record, source)

    def put_online(self, *, at: datetime) -> None:
        """The features of all batches there are can be read online since then."""
        for batch in self.state.list("flights", state_keys.BATCHES):
            key = state_keys.materialized_batches(batch.data.dataset) / batch.data.batch_id
            version = views_version(FLIGHTS, batch.data.dataset)
            self.state.put("flights", key, MaterializedBatch(batch.data.batch_id, at, version))

    def note_online(self, dataset: str, batch_id: str) -> None:
        """The features of a batch of ``flights`` can be read online."""
        note_materialized(
            FLIGHTS,
            dataset,
            batch_id,
            view_version=views_version(FLIGHTS, dataset),
            state=self.state,
            now=datetime(2013, 7, 1, tzinfo=UTC),
        )

    def add_first_quarter(self) -> None:
        """Flights and weather by month, January to March 2013, and planes."""
        for month, end in (("01", "02"), ("02", "03"), ("03", "04")):
            self.add_batch(
                "flights",
                f"f{month}",
                f"2013-{month}-01T10:00:00+00:00",
                f"2013-{end}-01T03:59:00+00:00",
                2,
            )
            self.add_batch(
                "weather",
                f"w{month}",
                f"2013-{month}-01T06:00:00+00:00",
                f"2013-{end}-01T04:00:00+00:00",
            )
        self.add_batch("planes", "p")


def create_state_table(dynamodb: Any) -> StateTable:
    """An empty state table called ``state``."""
    keys = ("partition", "key")
    dynamodb.create_table(
        TableName="state",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(keys, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    return StateTable(dynamodb, "state")


@contextmanager
def memory_account() -> Iterator[Account]:
    """Opens no socket."""
    with patch.dict(os.environ, CREDENTIALS), mock_aws():
        dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
        for bucket in ("artifacts", "lake"):
            s3.create_bucket(Bucket=bucket)
        yield Account(
            create_state_table(dynamodb),
            Objects(s3, "artifacts"),
            Objects(s3, "lake"),
            RecordingBus(),
        )


@contextmanager
def deployed_function(name: str, settings: Settings) -> Iterator[ModuleType]:
    """The module of ``functions/<name>/handler.py``, loaded afresh with its settings in the
    environment, as a cold start does.
    """
    environment = {**settings.to_environment(), "GHOSTEAM_FEATURE_REPO": str(ROOT / "feature_repo")}
    with patch.dict(os.environ, environment):
        yield load_handler(name)


def load_handler(name: str) -> ModuleType:
    """The module of ``functions/<name>/handler.py``, loaded afresh."""
    path = ROOT / "functions" / name / "handler.py"
    spec = importlib.util.spec_from_file_location(f"deployed_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def queue_event(*documents: dict[str, Any]) -> dict[str, Any]:
    """What Lambda gets from an SQS queue that EventBridge feeds."""
    return {
        "Records": [
            {
                "messageId": f"m{i}",
                "receiptHandle": "r",
                "body": json.dumps(document),
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
                "awsRegion": "us-east-1",
            }
            for i, document in enumerate(documents)
        ]
    }
