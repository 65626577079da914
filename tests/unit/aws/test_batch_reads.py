"""Batches of items read without botocore's model of them, and what is left to botocore."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.aws.batch_reads import BatchReads, signed

ASKED = {"features": {"Keys": [{"entity_id": {"S": "trips.buses@1#0a"}}]}}
FOUND = {"Responses": {"features": [{"entity_id": {"S": "ä"}}]}, "UnprocessedKeys": {}}
URL = "https://dynamodb.eu-west-1.amazonaws.com"
NOW = datetime(2024, 3, 5, 12, 0, 1, tzinfo=UTC)


@dataclass
class Answer:
    """What a connection gives."""

    content: bytes = json.dumps(FOUND).encode()
    status_code: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Connection:
    """Gives one answer, or raises it."""

    answer: Answer | Exception
    sent: list[Any] = field(default_factory=list)

    def send(self, request: Any) -> Answer:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Client:
    """botocore's, which answers otherwise."""

    def __init__(self) -> None:
        self.meta = SimpleNamespace(region_name="eu-west-1", endpoint_url=URL)
        self.asked: list[Any] = []

    def batch_get_item(self, *, RequestItems: Any) -> Any:
        self.asked.append(RequestItems)
        return {"Responses": {}}


def reads(
    answer: Answer | Exception, credentials: Credentials | None
) -> tuple[BatchReads, Client, Connection]:
    client, connection = Client(), Connection(answer)
    made = BatchReads(client)  # type: ignore[arg-type]
    vars(made).update(_session=connection, _credentials=credentials)
    return made, client, connection


@given(st.binary(), st.text("abc/+=", min_size=1), st.none() | st.text("abc/+=", min_size=1))
def test_a_request_is_signed_as_botocore_signs_it(
    body: bytes, secret: str, token: str | None
) -> None:
    held = Credentials("AKID", secret, token)
    own = dict(signed(body, URL, "eu-west-1", held.get_frozen_credentials(), NOW))
    assert own.pop("content-length") == str(len(body))
    signature, host = own.pop("authorization"), own["host"]
    request = AWSRequest("POST", URL, headers=own, data=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auth, "get_current_datetime", lambda: NOW)
        auth.SigV4Auth(held, "dynamodb", "eu-west-1").add_auth(request)
    assert request.headers["Authorization"] == signature
    assert host == "dynamodb.eu-west-1.amazonaws.com"


def test_an_answer_is_what_its_json_says() -> None:
    crc = {"x-amz-crc32": str(crc32(Answer.content))}
    made, client, connection = reads(Answer(headers=crc), Credentials("AKID", "secret"))
    assert made.batch_get_item(RequestItems=ASKED) == FOUND
    [request] = connection.sent
    assert json.loads(request.body) == {"RequestItems": ASKED}
    assert client.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b'{"__type": "ProvisionedThroughputExceededException"}', 400),
        Answer(b"", 500),
        Answer(headers={"x-amz-crc32": "1"}),
        ReadTimeoutError(endpoint_url=URL),
    ],
)
def test_what_is_no_answer_is_left_to_botocore(answer: Answer | Exception) -> None:
    made, client, _ = reads(answer, Credentials("AKID", "secret"))
    assert made.batch_get_item(RequestItems=ASKED) == {"Responses": {}}
    assert client.asked == [ASKED]


def test_who_has_no_credentials_is_left_to_botocore() -> None:
    made, client, connection = reads(Answer(), None)
    assert made.batch_get_item(RequestItems=ASKED) == {"Responses": {}}
    assert (client.asked, connection.sent) == ([ASKED], [])
