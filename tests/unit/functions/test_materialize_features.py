"""The function around the use case: a queue message in, batch item failures out."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.runtime import problems
from ghosteam.runtime.settings import MaterializeSettings
from tests.accounts import create_state_table

ROOT = Path(__file__).parents[3]
SETTINGS = MaterializeSettings(
    environment_name="local",
    state_table="state",
    bus_name="bus",
    online_prefix="on",
    lake_bucket="lake",
)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    environment = {
        **SETTINGS.to_environment(),
        "GHOSTEAM_FEATURE_REPO": str(ROOT / "feature_repo"),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()
    spec = importlib.util.spec_from_file_location(
        "materialize_features_handler", ROOT / "functions/materialize_features/handler.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    with mock_aws():
        boto3.client("events").create_event_bus(Name="bus")
        create_state_table(boto3.client("dynamodb"))
        spec.loader.exec_module(module)
        yield module
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()


def message(identity: str, detail: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"source": "ghosteam", "detail-type": "BatchValidated", "detail": detail})
    return {
        "messageId": identity,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:1:q.fifo",
        "body": body,
    }


@pytest.mark.parametrize(
    "detail",
    [
        {"problem": "flights", "dataset": "weather", "batch_id": "nowhere"},
        {"problem": "unheard_of", "dataset": "weather", "batch_id": "b1"},
    ],
)
def test_a_message_that_cannot_be_handled_goes_back_to_the_queue(
    function: ModuleType, detail: dict[str, Any]
) -> None:
    assert function.handler({"Records": [message("m1", detail)]}, None) == {
        "batchItemFailures": [{"itemIdentifier": "m1"}]
    }


def test_a_batch_that_counts_no_longer_is_done_with_at_once(function: ModuleType) -> None:
    noon = "2013-04-01T12:00:00+00:00"
    source = LandedObject("landing", "flights/weather/april.csv", None, "1", 1, noon)
    record = asdict(BatchRecord("b1", "flights", "weather", "validated", source, noon))
    boto3.client("dynamodb").put_item(
        TableName="state",
        Item={
            "partition": {"S": "data#flights"},
            "key": {"S": "batch#weather#b1"},
            "version": {"N": "1"},
            "data": {"S": json.dumps(record)},
        },
    )
    detail = {"problem": "flights", "dataset": "weather", "batch_id": "b1"}
    assert function.handler({"Records": [message("m1", detail)]}, None) == {"batchItemFailures": []}
