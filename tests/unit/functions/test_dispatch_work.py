"""dispatch_work: whatever happened goes to its step's queue, in its problem's group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.work import OF_NO_PROBLEM, WORK, Arrival, Work, messages_of, queue_name
from ghosteam.errors import Defect
from ghosteam.problem.names import is_name
from ghosteam.runtime.settings import DispatchSettings
from tests.accounts import deployed_function, memory_account

SETTINGS = DispatchSettings(environment_name="test", queue_prefix="ghosteam-test")
PROBLEMS = ("flights", "glucose", "seattle")


def event(type: str, **detail: Any) -> dict[str, Any]:
    return {"id": "1", "source": "x", "detail-type": type, "time": "t", "detail": detail}


def landed(key: str) -> dict[str, Any]:
    return event("Object Created", bucket={"name": "landing"}, object={"key": key})


@contextmanager
def deployed(*works: Work) -> Iterator[tuple[ModuleType, Any]]:
    with memory_account(), deployed_function("dispatch_work", SETTINGS) as function:
        sqs = boto3.client("sqs")
        for work in works:
            name = queue_name("ghosteam-test", work)
            fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
            sqs.create_queue(QueueName=name, Attributes=fifo if name.endswith(".fifo") else {})
        yield function, sqs


def deliver(function: ModuleType, *documents: object) -> list[str]:
    """Ids of the arrivals that come again."""
    records = [
        {"messageId": str(n), "receiptHandle": "r", "body": json.dumps(document), "attributes": {}}
        | {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:1:arrivals"}
        for n, document in enumerate(documents)
    ]
    answer = function.handler({"Records": records}, None)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def waiting(sqs: Any, work: Work) -> list[tuple[str, Any]]:
    """(group, document) of all messages of the step's queue."""
    url = sqs.get_queue_url(QueueName=queue_name("ghosteam-test", work))["QueueUrl"]
    found = []
    while messages := sqs.receive_message(
        QueueUrl=url, AttributeNames=["All"], MaxNumberOfMessages=10
    ).get("Messages"):
        for one in messages:
            found.append((one["Attributes"]["MessageGroupId"], json.loads(one["Body"])))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


def test_an_event_goes_to_its_step_in_its_problems_group() -> None:
    counting = event("BatchValidated", problem="flights", batch_id="b")
    file = landed("glucose/readings/january.csv")
    with deployed("ingest_file", "materialize_features") as (function, sqs):
        arrivals = [Arrival("materialize_features", counting), Arrival("ingest_file", file)]
        assert deliver(function, *(one.to_json() for one in arrivals)) == []
        assert waiting(sqs, "materialize_features") == [("flights", counting)]
        assert waiting(sqs, "ingest_file") == [("glucose", file)]


def test_a_turn_becomes_a_message_for_each_problem() -> None:
    with deployed("check_drift") as (function, sqs):
        assert deliver(function, {"work": "check_drift"}) == []
        assert sorted(waiting(sqs, "check_drift")) == [
            (name, {"problem": name}) for name in PROBLEMS
        ]


def test_the_same_event_twice_is_done_once_where_one_thing_is_done_at_a_time() -> None:
    arrival = Arrival("materialize_features", event("BatchValidated", problem="flights")).to_json()
    with deployed("materialize_features") as (function, sqs):
        assert deliver(function, arrival, arrival) == []
        assert len(waiting(sqs, "materialize_features")) == 1


def test_an_arrival_without_its_queue_harms_no_other_and_comes_again() -> None:
    file = Arrival("ingest_file", landed("flights/flights/a.csv")).to_json()
    with deployed("ingest_file") as (function, sqs):
        assert deliver(function, {"work": "check_drift"}, {"work": "cook"}, file) == ["0", "1"]
        assert len(waiting(sqs, "ingest_file")) == 1


@pytest.mark.parametrize(
    ("happened", "group"),
    [
        (landed("flights/flights/2013-01.csv"), "flights"),
        (landed("not deployed/x"), OF_NO_PROBLEM),
        (landed("seattle"), "seattle"),
        (landed(""), OF_NO_PROBLEM),
        (landed("/flights/x"), OF_NO_PROBLEM),
        (landed("../flights/x"), OF_NO_PROBLEM),
        (event("BatchIngested", problem="flights"), "flights"),
        (event("BatchIngested", problem="Flights"), OF_NO_PROBLEM),
        (event("BatchIngested", problem=["flights"]), OF_NO_PROBLEM),
        (event("BatchIngested"), OF_NO_PROBLEM),
        ({"detail": None}, OF_NO_PROBLEM),
        ({"detail": {"object": "flights"}}, OF_NO_PROBLEM),
        ({}, OF_NO_PROBLEM),
    ],
)
def test_the_group_is_the_problem_or_none(happened: dict[str, Any], group: str) -> None:
    assert messages_of(Arrival("ingest_file", happened), PROBLEMS) == [(group, happened)]


@given(st.text(max_size=1024))
def test_whatever_a_key_is_its_group_is_one_that_sqs_takes(key: str) -> None:
    ((group, _),) = messages_of(Arrival("ingest_file", landed(key)), ())
    assert (is_name(group) or group == OF_NO_PROBLEM) and not is_name(OF_NO_PROBLEM)
    assert group.isascii() and 0 < len(group) <= 128 and " " not in group


@pytest.mark.parametrize("work", WORK)
def test_an_arrival_is_read_as_it_was_written(work: Work) -> None:
    for one in (Arrival(work, None), Arrival(work, {"id": "1"})):
        assert Arrival.from_json(json.loads(json.dumps(one.to_json()))) == one


@pytest.mark.parametrize("document", [{}, {"work": None}, {"work": "cook"}, {"work": ["x"]}])
def test_what_names_no_work_is_told(document: dict[str, Any]) -> None:
    with pytest.raises(Defect, match="is no work"):
        Arrival.from_json(document)
