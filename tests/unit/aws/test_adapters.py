from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from moto import mock_aws

from ghosteam.aws import bus
from ghosteam.aws.bus import Bus
from ghosteam.aws.errors import translated
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event, EventType
from ghosteam.documents.keys import parse_uri
from ghosteam.documents.readiness import Readiness
from ghosteam.documents.watermark import Watermark
from ghosteam.errors import Conflict, Defect, NotFound, Transient
from tests import documents
from tests.accounts import create_state_table


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def state(session: boto3.Session) -> StateTable:
    return create_state_table(session.client("dynamodb"))


@pytest.fixture
def objects(session: boto3.Session) -> Objects:
    client = session.client("s3")
    client.create_bucket(Bucket="lake")
    client.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    return Objects(client, "lake")


def test_objects_are_written_read_and_listed_in_order(objects: Objects) -> None:
    objects.put_json("a/2", {"b": 1, "a": [None]})
    objects.put("a/1", b"one")
    assert objects.get("a/1") == b"one"
    assert objects.get_json("a/2") == {"a": [None], "b": 1}
    assert [stored.key for stored in objects.list("a/")] == ["a/1", "a/2"]
    assert [stored.key for stored in objects.list("a/", start_after="a/1")] == ["a/2"]
    assert parse_uri(objects.uri("a/1")) == ("lake", "a/1")


def test_what_is_not_there_is_not_found(objects: Objects, tmp_path: Path) -> None:
    assert objects.find_json("none") is None
    with pytest.raises(NotFound, match="key none"):
        objects.get("none")
    with pytest.raises(NotFound):
        objects.download("none", tmp_path / "file")


def test_one_version_of_an_object_can_be_downloaded(
    objects: Objects, session: boto3.Session, tmp_path: Path
) -> None:
    old = session.client("s3").put_object(Bucket="lake", Key="a", Body=b"old")["VersionId"]
    objects.put("a", b"new")
    objects.download("a", tmp_path / "file", version_id=old)
    assert (tmp_path / "file").read_bytes() == b"old"


WATERMARK = Watermark(watermark=1, key="k", rows=1, pulled_at=datetime(2024, 1, 1, tzinfo=UTC))


def noted(count: int) -> Readiness:
    return Readiness(False, tuple(str(number) for number in range(count)))


def test_a_document_is_replaced_only_by_who_read_its_newest_version(state: StateTable) -> None:
    first = state.create("p", state_keys.READINESS, noted(1))
    with pytest.raises(Conflict):
        state.create("p", state_keys.READINESS, noted(2))
    second = state.replace("p", first, noted(2))
    with pytest.raises(Conflict):
        state.replace("p", first, noted(3))
    with pytest.raises(Conflict):
        state.delete("p", first)
    assert state.get("p", state_keys.READINESS) == second
    state.delete("p", second)
    assert state.get("p", state_keys.READINESS) is None


def test_an_update_tries_again_when_someone_was_faster(state: StateTable) -> None:
    state.create("p", state_keys.READINESS, noted(0))
    interferences = iter([True, True, False])

    def change(found: Readiness | None) -> Readiness:
        assert found is not None
        if next(interferences):
            document = state.get("p", state_keys.READINESS)
            assert document is not None
            state.replace("p", document, noted(len(document.data.reasons) + 10))
        return noted(len(found.reasons) + 1)

    assert state.update("p", state_keys.READINESS, change) == noted(21)


def test_an_update_gives_up_as_a_conflict(state: StateTable) -> None:
    document = state.create("p", state_keys.READINESS, noted(0))

    def change(found: Readiness | None) -> Readiness:
        nonlocal document
        document = state.replace("p", document, noted(1))
        return noted(2)

    with pytest.raises(Conflict, match="keeps changing"):
        state.update("p", state_keys.READINESS, change, attempts=2)


def test_an_update_that_changes_nothing_writes_nothing(state: StateTable) -> None:
    first = state.create("p", state_keys.READINESS, noted(1))
    state.update("p", state_keys.READINESS, lambda found: found or noted(0))
    assert state.get("p", state_keys.READINESS) == first


def test_only_what_is_there_is_amended(state: StateTable) -> None:
    change = lambda found: noted(len(found.reasons) + 1)  # noqa: E731
    assert state.amend("p", state_keys.READINESS, change) is None
    assert state.get("p", state_keys.READINESS) is None
    state.create("p", state_keys.READINESS, noted(1))
    assert state.amend("p", state_keys.READINESS, change) == noted(2)
    assert state.find("p", state_keys.READINESS) == noted(2)


def test_documents_are_listed_by_prefix_in_key_order(state: StateTable) -> None:
    for problem, run_id in (("p", "2"), ("p", "1"), ("q", "3")):
        state.create(problem, state_keys.RUNS / run_id, documents.run(run_id))
    state.create("p", state_keys.WATERMARKS / "1", WATERMARK)
    listed = list(state.list("p", state_keys.RUNS))
    assert [document.key.text for document in listed] == ["run#1", "run#2"]
    assert [document.data.run_id for document in listed] == ["1", "2"]


def test_a_document_that_cannot_be_read_says_which_and_what(
    state: StateTable, session: boto3.Session
) -> None:
    key = {"partition": {"S": "serving#p"}, "key": {"S": "routing"}}
    body = {"data": {"S": '{"champion": null}'}, "version": {"N": "1"}}
    session.client("dynamodb").put_item(TableName="state", Item={**key, **body})
    with pytest.raises(Defect, match="routing cannot be read") as caught:
        state.get("p", state_keys.ROUTING)
    assert caught.value.where == {"problem": "p", "key": "routing", "field": "salt"}


class _Events:
    """An EventBridge client that refuses the events of these numbers, so often."""

    def __init__(self, refused: dict[int, int] | None = None) -> None:
        self.refused, self.calls = refused or {}, list[list[dict[str, Any]]]()

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(Entries)
        told = []
        for entry in Entries:
            number = json.loads(entry["Detail"])["rows"]
            refused = self.refused.get(number, 0) > 0
            self.refused[number] = self.refused.get(number, 0) - 1
            told.append({"ErrorCode": "InternalFailure"} if refused else {"EventId": "e"})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in told), "Entries": told}

    @property
    def numbers(self) -> list[list[int]]:
        return [[json.loads(entry["Detail"])["rows"] for entry in call] for call in self.calls]


_TYPES: list[EventType] = ["ReadAgain", "ReadAgain", "BatchIngested", "ReadAgain"]


def _events(count: int, **ids: str) -> Iterator[Event]:
    return (Event("BatchIngested", "flights", {"rows": n, **ids}) for n in range(count))


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the bus was given, in turn."""
    found = list[float]()
    monkeypatch.setattr(bus.time, "sleep", found.append)
    return found


def test_an_event_that_the_bus_does_not_take_is_transient(pauses: list[float]) -> None:
    client = _Events({0: 9})
    with pytest.raises(Transient, match="refused 1 of 1 events, the first of them BatchIngested"):
        Bus(client, "ghosteam").publish(Event("BatchIngested", "flights", {"rows": 0}))
    [entry] = client.calls[0]
    assert json.loads(entry["Detail"]) == {"version": 1, "problem": "flights", "rows": 0}
    assert (entry["Source"], entry["EventBusName"]) == ("ghosteam", "ghosteam")
    assert len(client.calls) == 3 and pauses == [0.2, 1.0]


def test_events_are_put_on_the_bus_ten_at_once_and_those_it_does_not_take_once_more(
    pauses: list[float],
) -> None:
    client = _Events({3: 1, 7: 2, 24: 1})
    Bus(client, "ghosteam").publish_all(_events(25))
    assert client.numbers == [
        *([*range(10)], [3, 7], [7]),
        [*range(10, 20)],
        *([*range(20, 25)], [24]),
    ]
    assert len(pauses) == 3


def test_events_of_one_call_are_of_one_type_and_have_the_bytes_that_a_call_may_have() -> None:
    client = _Events()
    Bus(client, "ghosteam").publish_all(_events(12, told="x" * 60_000))
    assert client.numbers == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    mixed = [Event(type, "flights", {"rows": n}) for n, type in enumerate(_TYPES)]
    client = _Events()
    Bus(client, "ghosteam").publish_all(mixed)
    assert client.numbers == [[0, 1], [2], [3]]
    nothing = _Events()
    Bus(nothing, "ghosteam").publish_all([])
    assert nothing.calls == []


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("NoSuchKey", NotFound),
        ("ThrottlingException", Transient),
        ("ConditionalCheckFailedException", Conflict),
        ("AccessDenied", Defect),
    ],
)
def test_vendor_errors_become_ours_and_say_what_was_tried(
    code: str, family: type[Exception]
) -> None:
    with (
        pytest.raises(family, match=r"Reading failed.*\(bucket lake\)") as caught,
        translated("Reading", bucket="lake"),
    ):
        raise ClientError({"Error": {"Code": code}}, "GetObject")
    assert ("policy" in str(caught.value)) == (code == "AccessDenied")


@pytest.mark.parametrize(
    ("code", "status", "family"),
    [
        ("503", None, Transient),
        ("429", None, Transient),
        ("RequestLimitExceeded", 400, Transient),
        ("SomethingOfTheServer", 500, Transient),
        ("SomethingOfTheServer", 429, Transient),
        ("ValidationException", 400, Defect),
        ("403", None, Defect),
    ],
)
def test_a_failure_of_the_server_and_throttling_are_transient_whatever_they_are_called(
    code: str, status: int | None, family: type[Exception]
) -> None:
    response: Any = {"Error": {"Code": code}}
    if status is not None:
        response["ResponseMetadata"] = {"HTTPStatusCode": status}
    with pytest.raises(family), translated("Reading"):
        raise ClientError(response, "GetObject")


def test_a_connection_that_fails_is_transient() -> None:
    with pytest.raises(Transient), translated("Reading"):
        raise ConnectTimeoutError(endpoint_url="https://s3")
