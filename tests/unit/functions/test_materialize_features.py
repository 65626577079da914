"""The function around the use case: a queue message in, batch item failures out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import boto3
import polars as pl
import pytest
from moto import mock_aws

from ghosteam.aws.objects import Objects
from ghosteam.aws.work_queue import DEAD_LETTERS_VARIABLE, QUEUE_VARIABLE
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.features.codec import StoredRow
from ghosteam.problem.load import load_problem
from ghosteam.runtime import problems
from ghosteam.runtime.settings import OutcomeSettings
from tests.accounts import create_state_table, load_handler
from tests.online import create_online_table, place_of

ROOT = Path(__file__).parents[3]
SETTINGS = OutcomeSettings(
    environment_name="local",
    state_table="state",
    bus_name="bus",
    online_prefix="on",
    lake_bucket="lake",
    artifact_bucket="artifacts",
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
    with mock_aws():
        boto3.client("events").create_event_bus(Name="bus")
        create_state_table(boto3.client("dynamodb"))
        for variable, name in ((QUEUE_VARIABLE, "q.fifo"), (DEAD_LETTERS_VARIABLE, "d.fifo")):
            made = boto3.client("sqs").create_queue(
                QueueName=name, Attributes={"FifoQueue": "true"}
            )
            monkeypatch.setenv(variable, made["QueueUrl"])
        yield load_handler("materialize_features")
    problems.repository.cache_clear()
    problems.deployed_problems.cache_clear()


class Context:
    """Of a call of which half the time is left."""

    def get_remaining_time_in_millis(self) -> int:
        return 450_000


def deliver(document: dict[str, Any]) -> dict[str, Any]:
    """The event of a call with one message, which has been received."""
    sqs, url = boto3.client("sqs"), os.environ[QUEUE_VARIABLE]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(document),
        MessageGroupId="p",
        MessageDeduplicationId=uuid4().hex,
    )
    [found] = sqs.receive_message(QueueUrl=url)["Messages"]
    record = {
        "messageId": found["MessageId"],
        "receiptHandle": found["ReceiptHandle"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:1:q.fifo",
        "body": found["Body"],
        "attributes": {"MessageGroupId": "p"},
    }
    return {"Records": [record]}


def told(detail: dict[str, Any], kind: str = "BatchValidated") -> dict[str, Any]:
    return {"source": "ghosteam", "detail-type": kind, "detail": detail}


def handled(function: ModuleType, document: dict[str, Any]) -> bool:
    """Whether a message was, and need not come again."""
    event = deliver(document)
    answer = function.handler(event, Context())
    [record] = event["Records"]
    again = [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]
    assert again in ([], [record["messageId"]])
    # As Lambda does, and as time would.
    boto3.client("sqs").delete_message(
        QueueUrl=os.environ[QUEUE_VARIABLE], ReceiptHandle=record["receiptHandle"]
    )
    return not again


@pytest.mark.parametrize(
    "detail",
    [
        {"problem": "flights", "dataset": "weather", "batch_id": "nowhere"},
        {"problem": "unheard_of", "dataset": "weather", "batch_id": "b1"},
    ],
)
def test_a_message_that_cannot_be_handled_is_given_up(
    function: ModuleType, detail: dict[str, Any]
) -> None:
    assert handled(function, told(detail))
    sqs = boto3.client("sqs")
    assert sqs.receive_message(QueueUrl=os.environ[DEAD_LETTERS_VARIABLE])["Messages"]


def test_whoever_writes_holds_the_message_for_as_long_as_it_may_live(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    monkeypatch.setattr(
        type(function.aws.work_queue), "hold", lambda self, handle, *, seconds: held.append(seconds)
    )
    assert handled(function, {"problem": "nobody"})
    assert held == [480]


def test_the_rows_of_a_batch_that_counts_no_longer_go(function: ModuleType) -> None:
    noon, dynamodb = "2013-04-01T12:00:00+00:00", boto3.client("dynamodb")
    part = BytesIO()
    pl.DataFrame({"tailnum": ["N14228"], "seats": [149], "engines": [2]}).write_parquet(part)
    boto3.client("s3").create_bucket(Bucket="lake")
    Objects(boto3.client("s3"), "lake").put(
        keys.validated_part("flights", "planes", "b1", 0), part.getvalue()
    )
    table = create_online_table(dynamodb, "on")
    place = place_of("on", load_problem(ROOT / "feature_repo" / "flights"), "planes")
    row = StoredRow({"planes__seats": 149.0}, datetime.fromisoformat(noon))
    dynamodb.put_item(TableName=table, Item=place.item({"tailnum": "N14228"}, row))
    source = LandedObject("landing", "flights/planes/fleet.csv", None, "1", 1, noon)
    record = asdict(BatchRecord("b1", "flights", "planes", "validated", source, noon, parts=1))
    dynamodb.put_item(
        TableName="state",
        Item={
            "partition": {"S": "data#flights"},
            "key": {"S": "batch#planes#b1"},
            "version": {"N": "1"},
            "data": {"S": json.dumps(record)},
        },
    )
    detail = {"problem": "flights", "dataset": "planes", "batch_id": "b1"}
    assert handled(function, told(detail))
    assert dynamodb.scan(TableName=table)["Count"] == 0


def test_by_the_clock_rows_go_of_versions_that_nobody_needs(
    function: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    dynamodb = boto3.client("dynamodb")
    boto3.client("s3").create_bucket(Bucket="artifacts")
    table = create_online_table(dynamodb, "on")
    needed = place_of("on", load_problem(ROOT / "feature_repo" / "flights"), "planes")
    ids = [needed.prefix + "1", "flights.planes@000000000000#1", "glucose.a@000000000000#1"]
    ids.append("gone.a@000000000000#1")
    for identity in ids:
        dynamodb.put_item(TableName=table, Item={"entity_id": {"S": identity}})
    for _ in range(2):
        assert handled(function, {"problem": "flights"})
    left = {item["entity_id"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert left == {ids[0], *ids[2:]}
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    assert [line["OnlineRowsRemoved"] for line in printed if "OnlineRowsRemoved" in line] == [
        [1.0],
        [0.0],
    ]
    for name in ("gone", "gone", "glucose"):
        assert handled(function, told({"problem": name}, "ProblemWithdrawn"))
    left = {item["entity_id"]["S"] for item in dynamodb.scan(TableName=table)["Items"]}
    assert left == {ids[0], ids[2]}, "those of a problem go that has no folder, and no others"
    assert handled(function, told({"problem": "flights", "run_id": "r1"}, "RolloutStarted"))
