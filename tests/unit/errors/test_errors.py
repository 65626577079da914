from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ghosteam.errors import (
    Conflict,
    Defect,
    GhosteamError,
    InvalidInput,
    NotFound,
    TooLarge,
    Transient,
)
from ghosteam.runtime.boundary import http_handler, queue_handler, task_handler
from ghosteam.runtime.observability import logger
from tests.builders import sqs_event


def test_an_error_reads_as_what_where_and_remedy() -> None:
    error = InvalidInput("The row is bad", where={"file": "a.csv", "row": 3}, remedy="Mend it")
    assert str(error) == "The row is bad (file a.csv, row 3). Mend it"
    assert str(Defect("Broken")) == "Broken"


def test_an_error_as_a_record_is_json_ready() -> None:
    record = NotFound(
        "Gone", where={"path": Path("a"), "at": datetime(2013, 1, 1, tzinfo=UTC), "row": 1}
    ).as_record()
    assert json.loads(json.dumps(record))["where"] == {
        "path": "a",
        "at": "2013-01-01 00:00:00+00:00",
        "row": 1,
    }
    assert record["error"] == "NotFound"


def _raising(error: GhosteamError) -> Any:
    def handle(event: dict[str, Any]) -> dict[str, Any]:
        raise error

    return handle


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("bad", remedy="mend"), 400),
        (NotFound("gone"), 404),
        (TooLarge("big"), 413),
        (Conflict("held"), 409),
        (Transient("later"), 503),
        (Defect("secret"), 500),
    ],
)
def test_an_http_answer_has_the_status_of_who_must_act(error: GhosteamError, status: int) -> None:
    answer = http_handler(202, _raising(error))({}, None)
    assert answer["statusCode"] == status
    body = json.loads(answer["body"])
    assert body["error"] == type(error).__name__
    assert (error.message in body["message"]) == (status < 500)


def test_an_http_answer_without_error_has_the_status_asked_for() -> None:
    answer = http_handler(202, lambda request: {"accepted": request["n"]})({"n": 2}, None)
    assert (answer["statusCode"], json.loads(answer["body"])) == (202, {"accepted": 2})


def test_a_task_lets_its_error_out_by_class_for_the_state_machine() -> None:
    with pytest.raises(Conflict):
        task_handler(_raising(Conflict("held")))({}, None)
    assert task_handler(lambda event: {"n": event["n"]})({"n": 1}, None) == {"n": 1}


def test_only_the_messages_of_a_queue_that_failed_come_again() -> None:
    def handle(document: dict[str, Any]) -> None:
        if document["bad"]:
            raise Transient("later")

    answer = queue_handler(handle)(sqs_event({"bad": False}, {"bad": True}, {"bad": False}), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}


def test_every_message_may_fail_without_the_call_failing() -> None:
    answer = queue_handler(_raising(Transient("later")))(sqs_event({}), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_an_unexpected_error_of_a_message_is_logged_and_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def handle(document: dict[str, Any]) -> None:
        raise ZeroDivisionError("surprise")

    kept = _Kept()
    monkeypatch.setattr(logger._logger, "handlers", [kept])
    assert queue_handler(handle)(sqs_event({}), None) == {
        "batchItemFailures": [{"itemIdentifier": "message-0"}]
    }
    assert [record.exc_info and record.exc_info[0] for record in kept.records] == [
        ZeroDivisionError
    ]
