from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import reload

import pytest

from functions.ingest_file import handler as ingest_function
from functions.validate_batch import handler as validate_function
from tests.builders import EVENTS, csv_bytes, flights, sqs_event
from tests.unit.functions.data_account import DataAccount, data_account


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataAccount]:
    for function in (ingest_function, validate_function):
        reload(function)  # as a cold start does
    with data_account(monkeypatch) as account:
        yield account


def test_an_ingested_batch_is_validated_and_announced(account: DataAccount) -> None:
    event = json.loads((EVENTS / "s3_object_created.json").read_text())
    event["detail"]["object"].pop("version-id")
    body = csv_bytes(flights(2))
    event["detail"]["object"]["size"] = len(body)
    account.s3.put_object(Bucket="landing", Key="flights/flights/2013-01.csv", Body=body)
    ingest_function.handler(sqs_event(event), None)
    assert validate_function.handler(sqs_event(*account.heard()), None) == {"batchItemFailures": []}
    (heard,) = account.heard()
    assert (heard["detail-type"], heard["detail"]["rows"]) == ("BatchValidated", 2)
    assert [record.valid_rows for record in account.ledger.active("flights", "flights")] == [2]


def test_a_batch_that_is_not_in_the_ledger_goes_back_to_the_queue(account: DataAccount) -> None:
    event = {"detail": {"problem": "flights", "dataset": "flights", "batch_id": "none"}}
    assert validate_function.handler(sqs_event(event), None) == {
        "batchItemFailures": [{"itemIdentifier": "message-0"}]
    }
