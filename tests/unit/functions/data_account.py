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
from ghosteam.runtime import problems
from ghosteam.runtime.settings import IngestSettings, ValidateSettings
from tests.accounts import create_state_table
from tests.builders import REPOSITORY

SETTINGS = IngestSettings(
    environment_name="test",
    state_table="state",
    bus_name="ghosteam",
    landing_bucket="landing",
    lake_bucket="lake",
)

VALIDATE = ValidateSettings(
    environment_name="test", state_table="state", bus_name="ghosteam", lake_bucket="lake"
)


class DataAccount:
    """Buckets, state table and bus, and an ear on the bus."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        for bucket in ("landing", "lake"):
            self.s3.create_bucket(Bucket=bucket)
        self.ledger = BatchLedger(create_state_table(boto3.client("dynamodb")))
        boto3.client("events").create_event_bus(Name="ghosteam")
        self._published: list[dict[str, Any]] = []
        # The functions make their clients from the default session too, and clients inherit its
        # hooks.
        boto3._get_default_session().events.register(
            "provide-client-params.events.PutEvents", self._hear
        )

    def _hear(self, params: dict[str, Any], **_: Any) -> None:
        self._published += params["Entries"]

    def heard(self) -> list[dict[str, Any]]:
        """What was published since the last call, as the event documents that a rule's target
        gets.
        """
        published, self._published = self._published, []
        return [
            {"detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
            for entry in published
        ]


@contextmanager
def data_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataAccount]:
    """An empty account, and the environment of a function in it."""
    environment = {
        **SETTINGS.to_environment(),
        **VALIDATE.to_environment(),
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
