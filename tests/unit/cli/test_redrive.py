"""Dead letters are told with their reasons and put back, once each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest

from cli.connection import Connection
from cli.redrive import DeadLetter, dead_letter_queues, dead_letters, leave, put_back
from ghosteam.aws.work_queue import WorkQueue
from tests.accounts import memory_account

TAGS = {"ghosteam:environment": "dev"}
BODY = json.dumps(
    {
        "detail-type": "BatchIngested",
        "detail": {"problem": "flights", "dataset": "planes", "batch_id": "b1"},
    }
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with memory_account():
        yield Connection("dev")


def make_queues(name: str, tags: dict[str, str] = TAGS, *, fifo: bool = False) -> tuple[str, str]:
    sqs = boto3.client("sqs")
    end, kind = (".fifo", {"FifoQueue": "true"}) if fifo else ("", {})
    dead = sqs.create_queue(QueueName=f"{name}-dead{end}", Attributes=kind, tags=tags)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 8})
    source = sqs.create_queue(
        QueueName=f"{name}{end}", Attributes={**kind, "RedrivePolicy": redrive}, tags=tags
    )["QueueUrl"]
    return source, dead


def waiting(url: str) -> list[str]:
    found = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0
    )
    return [message["Body"] for message in found.get("Messages", [])]


def test_a_dead_letter_says_what_it_is_about_and_why_it_was_given_up(
    connection: Connection,
) -> None:
    source, dead = make_queues("ingested")
    reasons = {
        "error": "Defect",
        "message": "Writing state failed",
        "remedy": "Check the role's policy",
    }
    WorkQueue(boto3.client("sqs"), url=source, dead_letters_url=dead).give_up(
        BODY, message_id="m", group=None, reasons=reasons
    )
    [letter] = dead_letters(connection)
    assert letter.about == "BatchIngested flights planes b1"
    assert letter.why == "Defect: Writing state failed. Check the role's policy"
    leave(connection, letter)
    assert waiting(dead) == [BODY] and waiting(source) == []
    put_back(connection, next(dead_letters(connection)))
    assert waiting(source) == [BODY] and waiting(dead) == []


def test_a_message_that_sqs_moved_has_no_reason_but_a_hint(connection: Connection) -> None:
    _, dead = make_queues("ingested")
    boto3.client("sqs").send_message(QueueUrl=dead, MessageBody="no json")
    [letter] = dead_letters(connection)
    assert letter.about == "no json"
    assert "worker was killed" in letter.why


def test_a_message_of_a_group_goes_back_to_its_group(connection: Connection) -> None:
    source, dead = make_queues("validated", fifo=True)
    WorkQueue(boto3.client("sqs"), url=source, dead_letters_url=dead).give_up(
        BODY, message_id="m", group="flights", reasons={}
    )
    [letter] = dead_letters(connection)
    put_back(connection, letter)
    [message] = boto3.client("sqs").receive_message(QueueUrl=source, AttributeNames=["All"])[
        "Messages"
    ]
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == (BODY, "flights")


def test_queues_of_another_environment_and_other_names_are_left_alone(
    connection: Connection,
) -> None:
    ours = make_queues("ours")
    make_queues("theirs", {"ghosteam:environment": "dev-eu"})
    make_queues("foreign", {})
    assert dead_letter_queues(connection) == dict([ours])
    boto3.client("sqs").send_message(QueueUrl=ours[1], MessageBody="{}")
    assert list(dead_letters(connection, ["another"])) == []
    assert len(list(dead_letters(connection, ["our"]))) == 1


@pytest.mark.parametrize(
    ("document", "about"),
    [
        ({"work": "validate_batch", "event": json.loads(BODY)}, "BatchIngested flights planes b1"),
        ({"work": "check_drift"}, "turn check_drift"),
        ({"problem": "flights"}, "turn of flights"),
    ],
)
def test_what_arrives_and_what_a_clock_sends_are_told_too(document: object, about: str) -> None:
    now = datetime.now(UTC)
    letter = DeadLetter("source", "dead", "m", "r", json.dumps(document), now, None, {})
    assert letter.about == about
