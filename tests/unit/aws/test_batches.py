from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from ghosteam.aws.batches import BatchLedger, sequence
from ghosteam.documents.batch import BatchRecord, LandedObject, Status
from tests.accounts import create_state_table


@pytest.fixture
def ledger() -> Iterator[BatchLedger]:
    with mock_aws():
        client = boto3.Session("testing", "testing", region_name="us-east-1").client("dynamodb")
        yield BatchLedger(create_state_table(client))


def _batch(
    batch_id: str,
    key: str = "p/d/a",
    sequencer: str = "1",
    status: Status = "validated",
    time: str = "",
) -> BatchRecord:
    source = LandedObject(
        "landing", key, None, sequencer, 1, time or f"2013-01-01T00:00:{int(sequencer):02d}Z"
    )
    return BatchRecord(batch_id, "p", "d", status, source, "2013-01-01T00:00:00+00:00")


def _land(ledger: BatchLedger, *records: BatchRecord) -> None:
    for record in records:
        ledger.begin(record)
        ledger.land(record, record.source)


def _active(ledger: BatchLedger) -> list[str]:
    return [record.batch_id for record in ledger.active("p", "d")]


def test_sequencers_of_different_lengths_compare_as_s3_documents() -> None:
    assert sequence("12") > sequence("0012FF")
    assert sequence("12") == sequence("1200")
    assert sequence("1a") > sequence("19FF")
    assert sequence("1a") == sequence("1A")


def test_active_batches_are_in_the_order_of_landing(ledger: BatchLedger) -> None:
    _land(ledger, _batch("x", "p/d/a", "3"), _batch("y", "p/d/b", "1"), _batch("z", "p/d/c", "2"))
    assert _active(ledger) == ["y", "z", "x"]


def test_within_a_second_the_keys_names_give_the_order_and_not_the_sequencers_of_different_keys(
    ledger: BatchLedger,
) -> None:
    at = "2013-01-01T00:00:05Z"
    _land(ledger, _batch("first", "p/d/1", "9", time=at), _batch("second", "p/d/2", "3", time=at))
    assert _active(ledger) == ["first", "second"]
    _land(ledger, _batch("third", "p/d/0", "1", time="2013-01-01T00:00:06Z"))
    assert _active(ledger) == ["first", "second", "third"]


def test_a_batch_at_two_keys_counts_once_at_its_latest_landing(ledger: BatchLedger) -> None:
    _land(ledger, _batch("x", "p/d/a", "1"), _batch("y", "p/d/b", "2"), _batch("x", "p/d/c", "3"))
    assert _active(ledger) == ["y", "x"]


@pytest.mark.parametrize("status", ["ingesting", "ingested", "rejected"])
def test_only_validated_batches_count(ledger: BatchLedger, status: Status) -> None:
    _land(ledger, _batch("x", "p/d/a", "1"), _batch("y", "p/d/a", "2", status))
    assert _active(ledger) == ["x"]


def test_a_chain_of_refused_versions_falls_back_to_the_last_good_one(ledger: BatchLedger) -> None:
    _land(
        ledger,
        _batch("x", sequencer="1"),
        _batch("y", sequencer="2", status="ingested"),
        _batch("z", sequencer="3", status="ingested"),
    )
    for batch_id, sequencer in (("y", "2"), ("z", "3")):
        ledger.advance(
            _batch(batch_id, sequencer=sequencer, status="rejected"), until=("validated",)
        )
    assert _active(ledger) == ["x"]


def test_an_older_version_that_comes_after_a_validated_newer_one_is_late(
    ledger: BatchLedger,
) -> None:
    _land(ledger, _batch("new", sequencer="2"))
    old = _batch("old", sequencer="1")
    newer = ledger.superseded_by("p", "d", old.source)
    assert newer is not None
    assert newer.batch_id == "new"
    ledger.begin(old)
    assert ledger.land(old, old.source) == "late"
    assert _active(ledger) == ["new"]


def test_a_status_that_was_reached_is_not_taken_back(ledger: BatchLedger) -> None:
    done = ledger.begin(_batch("x"))
    slow = ledger.advance(
        replace(done, status="ingested"), until=("ingested", "validated", "rejected")
    )
    assert slow.status == "validated"
    assert ledger.begin(_batch("x", status="ingesting")).status == "validated"


def test_a_rejected_batch_begins_again_only_when_it_lands_again(ledger: BatchLedger) -> None:
    ledger.begin(_batch("x", sequencer="1", status="rejected"))
    assert ledger.begin(_batch("x", sequencer="1", status="ingesting")).status == "rejected"
    again = ledger.begin(
        replace(_batch("x", sequencer="2", status="ingesting"), received_at="later")
    )
    assert again.status == "ingesting"
    assert again.received_at == "2013-01-01T00:00:00+00:00"
