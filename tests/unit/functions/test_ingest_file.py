from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import reload

import pytest

from functions.ingest_file import handler as ingest_function
from tests.builders import EVENTS, csv_bytes, flights, sqs_event
from tests.unit.functions.data_account import DataAccount, data_account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataAccount]:
    reload(ingest_function)  # as a cold start does
    with data_account(monkeypatch) as account:
        yield account


def test_the_event_of_a_dropped_file_is_ingested_and_announced(account: DataAccount) -> None:
    event = json.loads((EVENTS / "s3_object_created.json").read_text())
    event["detail"]["object"].pop("version-id")
    body = csv_bytes(flights(2))
    event["detail"]["object"]["size"] = len(body)
    account.s3.put_object(Bucket="landing", Key="flights/flights/2013-01.csv", Body=body)
    assert ingest_function.handler(sqs_event(event), None) == {"batchItemFailures": []}
    (heard,) = account.heard()
    assert heard["detail-type"] == "BatchIngested"
    record = account.ledger.find("flights", "flights", heard["detail"]["batch_id"])
    assert record is not None
    assert (record.status, record.rows) == ("ingested", 2)


def test_a_message_that_is_no_s3_event_goes_back_to_the_queue(account: DataAccount) -> None:
    assert ingest_function.handler(sqs_event({"detail": {}}), None) == {
        "batchItemFailures": [{"itemIdentifier": "message-0"}]
    }
