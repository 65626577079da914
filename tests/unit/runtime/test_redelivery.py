"""What becomes of a message that failed: it comes again after seconds, or is given up at once with
its reason.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.work_queue import DEAD_LETTERS_VARIABLE, QUEUE_VARIABLE, WorkQueue
from ghosteam.errors import (
    Conflict,
    Defect,
    GhosteamError,
    InvalidInput,
    NotFound,
    Transient,
    Unfinished,
)
from ghosteam.runtime.boundary import (
    HELD_AFTER,
    LONGEST_PAUSE,
    UNEXPECTED_TRIES,
    pause,
    queue_handler,
)
from tests.accounts import memory_account


class Panic(BaseException):
    """As native code panics: no ``Exception``."""


class Told:
    """Remembers what failed messages were told."""

    def __init__(self, *, broken: bool = False) -> None:
        self.later: list[int] = []
        self.lined_up: list[dict[str, Any]] = []
        self.given_up: list[dict[str, Any]] = []
        self._broken = broken
        self.held: list[int] = []
        self.gone = False

    def hold(self, receipt_handle: str, *, seconds: int) -> None:
        if self.gone:
            raise Conflict("somebody else's")
        self.held.append(seconds)

    def come_again(self, receipt_handle: str, *, seconds: int) -> None:
        if self._broken:
            raise Transient("no queue")
        self.later.append(seconds)

    def line_up_again(self, body: str, **more: Any) -> None:
        if self._broken:
            raise Transient("no queue")
        self.lined_up.append({"body": body, **more})

    def give_up(self, body: str, **more: Any) -> None:
        if self._broken:
            raise Transient("no queue")
        self.given_up.append({"body": body, **more})


def event_of(document: Any, attributes: Mapping[str, str] = {}) -> dict[str, Any]:
    record = {
        "messageId": "m",
        "receiptHandle": "r",
        "body": json.dumps(document),
        "attributes": dict(attributes),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
    }
    return {"Records": [record]}


def deliver(
    error: BaseException | None, told: Told, *, receives: int = 1, group: str | None = None
) -> list[str]:
    """Message ids that come again, of one delivery that ends in ``error``."""

    def handle(_document: dict[str, Any]) -> None:
        if error is not None:
            raise error

    attributes = {
        "ApproximateReceiveCount": str(receives),
        **({"MessageGroupId": group} if group else {}),
    }
    event = event_of({"detail": {"problem": "flights"}}, attributes)
    answer = queue_handler(handle, lambda: told)(event, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("error", [Transient("busy"), Conflict("somebody was faster")])
def test_what_may_pass_comes_again_after_seconds_that_double(error: GhosteamError) -> None:
    told = Told()
    for receives in (1, 2, 3, 7, 8):
        assert deliver(error, told, receives=receives) == ["m"]
    assert told.later == [5, 10, 20, 300, 300]
    assert not told.given_up


@pytest.mark.parametrize("error", [InvalidInput("bad"), NotFound("none"), Defect("ours")])
def test_what_no_retry_helps_is_given_up_at_once_with_its_reason(error: GhosteamError) -> None:
    told = Told()
    error.where, error.remedy = {"row": 3}, "Fix the row"
    assert deliver(error, told, group="flights") == []
    [kept] = told.given_up
    assert json.loads(kept["body"]) == {"detail": {"problem": "flights"}}
    assert (kept["message_id"], kept["group"]) == ("m", "flights")
    expected = {
        "error": type(error).__name__,
        "message": error.message,
        "where": '{"row": 3}',
        "remedy": "Fix the row",
    }
    assert kept["reasons"] == expected


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("surprise"), Panic("range.end out of bounds"), MemoryError()]
)
def test_what_nobody_foresaw_is_tried_a_few_times_and_then_given_up(error: BaseException) -> None:
    told = Told()
    for receives in range(1, UNEXPECTED_TRIES):
        assert deliver(error, told, receives=receives) == ["m"]
    assert deliver(error, told, receives=UNEXPECTED_TRIES) == []
    assert told.given_up[0]["reasons"]["error"] == type(error).__name__


def test_what_is_done_in_parts_lines_up_again_as_a_new_message() -> None:
    told = Told()
    assert deliver(Unfinished("more"), told, receives=7, group="flights") == []
    [again] = told.lined_up
    assert json.loads(again["body"]) == {"detail": {"problem": "flights"}}
    assert (again["message_id"], again["group"]) == ("m", "flights")
    assert not told.later and not told.given_up
    assert deliver(Unfinished("more"), Told(broken=True)) == ["m"]


def test_a_message_that_lines_up_again_is_the_last_of_its_group() -> None:
    with memory_account():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="work.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for body in ("first", "second"):
            sqs.send_message(
                QueueUrl=url, MessageBody=body, MessageGroupId="p", MessageDeduplicationId=body
            )
        queue, seen = WorkQueue(sqs, url=url, dead_letters_url=url), []
        for _ in range(3):
            [found] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
            seen.append(found["Body"])
            if len(seen) == 1:
                queue.line_up_again("first", message_id=found["MessageId"], group="p")
            sqs.delete_message(QueueUrl=url, ReceiptHandle=found["ReceiptHandle"])
    assert seen == ["first", "second", "first"]


def test_a_message_is_held_for_as_long_as_its_function_can_live_and_a_little_longer() -> None:
    told, done = Told(), list[Any]()
    assert deliver_alone(told, lambda document: done.append((document, *told.held))) == []
    assert done == [({}, 90 + HELD_AFTER)], "before anything is done"


def test_a_message_that_is_somebody_elses_by_now_is_left_to_them() -> None:
    told, done = Told(), list[Any]()
    told.gone = True
    assert deliver_alone(told, done.append) == ["m"]
    assert not done and not told.given_up


def deliver_alone(told: Told, handle: Callable[[Any], object]) -> list[str]:
    """Message ids that come again, of one message whose function has 90 seconds left."""
    handler = queue_handler(handle, lambda: told, alone=True)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 90_999)
    return [one["itemIdentifier"] for one in handler(event_of({}), context)["batchItemFailures"]]


@pytest.mark.parametrize("code", ["InvalidParameterValue", "ReceiptHandleIsInvalid"])
def test_what_sqs_says_of_a_receipt_that_has_expired_is_a_conflict(code: str) -> None:
    sqs = boto3.client("sqs", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")
    expected = {"QueueUrl": "u", "ReceiptHandle": "r", "VisibilityTimeout": 9}
    with Stubber(sqs) as stubbed, pytest.raises(Conflict, match="not held any more"):
        stubbed.add_client_error(
            "change_message_visibility",
            code,
            "The receipt handle has expired.",
            http_status_code=400,
            expected_params=expected,
        )
        WorkQueue(sqs, url="u", dead_letters_url="d").hold("r", seconds=9)


def test_a_message_whose_queue_cannot_be_reached_comes_again_by_itself() -> None:
    for error in (Transient("busy"), Defect("ours")):
        assert deliver(error, Told(broken=True)) == ["m"]


def test_a_message_that_succeeds_is_told_nothing() -> None:
    told = Told()
    assert deliver(None, told) == []
    assert not told.later and not told.given_up


@given(st.integers(1, 10_000))
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_the_one_before(
    receives: int,
) -> None:
    assert 0 < pause(receives) <= pause(receives + 1) <= LONGEST_PAUSE


def test_a_message_given_up_lies_among_the_dead_letters_with_its_reason() -> None:
    with memory_account():
        sqs = boto3.client("sqs")
        urls = [
            sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"})["QueueUrl"]
            for name in ("work.fifo", "dead.fifo")
        ]
        queue = WorkQueue.from_environment(
            sqs, dict(zip((QUEUE_VARIABLE, DEAD_LETTERS_VARIABLE), urls, strict=True))
        )
        for _ in range(2):
            queue.give_up(
                "{}", message_id="m", group="flights", reasons={"error": "Defect", "remedy": ""}
            )
        found = sqs.receive_message(
            QueueUrl=urls[1], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )["Messages"]
        assert [message["MessageAttributes"]["error"]["StringValue"] for message in found] == [
            "Defect"
        ]


def test_a_function_without_its_queues_says_so() -> None:
    with pytest.raises(Defect, match=QUEUE_VARIABLE):
        WorkQueue.from_environment(None, {})
