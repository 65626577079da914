"""A request is found in the logs by the id that its caller was told, and so is what it led to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from mangum import Mangum

from ghosteam.errors import Defect
from ghosteam.runtime.boundary import http_handler
from ghosteam.runtime.observability import REQUEST_ID, id_within_request, logger
from ghosteam.steps.prediction_api import create_app
from tests.unit.serving.builders import http_api_event
from tests.unit.serving.service import Service

ID = "Rq1abCdEfGhIjKl="


@pytest.fixture
def printed() -> Iterator[StringIO]:
    """What the logger writes; it knew its stream before tests took that away."""
    handler: Any = logger.registered_handler
    stream = StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def lines(printed: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.getvalue().splitlines()]


def test_each_call_of_a_request_is_recorded_under_the_requests_id(
    service: Service, http_event: Any, printed: StringIO
) -> None:
    service.serves(challenger_percent=100)
    service.runtime.broken.add("slot-2")
    assert service.call(http_event("predict"))[0] == 200
    ids = [record["call_id"] for record in service.records]
    assert [id.rpartition("/")[0] for id in ids] == [ID, ID] and ids[0] != ids[1]
    told = lines(printed)
    assert told and {line["correlation_id"] for line in told} == {ID}


def test_the_caller_is_told_the_id() -> None:
    def nobody() -> Any:
        raise AssertionError("nobody predicts for a problem that is not there")

    handler = Mangum(create_app({}, nobody), lifespan="off")
    answer: Any = handler(http_api_event("predict"), SimpleNamespace())
    assert answer["statusCode"] == 404 and answer["headers"][REQUEST_ID] == ID


def test_posted_rows_have_it_too(printed: StringIO) -> None:
    event: Any = {"requestContext": {"requestId": "Rq2="}, "pathParameters": {}}
    answer: Any = http_handler(202, lambda _: {"accepted": 1})(event, None)
    assert answer["headers"][REQUEST_ID] == "Rq2="

    def fail(_: object) -> Any:
        raise Defect("secret")

    failed: Any = http_handler(202, fail)(event, None)
    assert failed["headers"][REQUEST_ID] == "Rq2="
    (line,) = lines(printed)
    assert line["correlation_id"] == "Rq2=" and "secret" in json.dumps(line)


def test_the_id_of_one_request_is_not_the_nexts() -> None:
    event: Any = {"requestContext": {"requestId": "Rq3="}}
    http_handler(202, lambda _: {})(event, None)
    assert id_within_request().startswith("Rq3=/")
    answer: Any = http_handler(202, lambda _: {})({"pathParameters": {}}, None)
    assert REQUEST_ID not in answer["headers"] and "/" not in id_within_request()
