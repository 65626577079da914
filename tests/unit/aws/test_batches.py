from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents.batch import BatchRecord, LandedObject, Status
from ghosteam.documents.landing import sequence
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


def test_an_older_version_that_comes_after_a_validated_newer_one_changes_nothing(
    ledger: BatchLedger,
) -> None:
    _land(ledger, _batch("new", sequencer="2"))
    old = _batch("old", sequencer="1")
    assert not ledger.is_late("p", "d", old.source)
    ledger.begin(old)
    assert ledger.land(old, old.source) == "unchanged"
    assert _active(ledger) == ["new"]


def test_what_is_older_than_the_version_before_the_one_that_counts_is_late(
    ledger: BatchLedger,
) -> None:
    _land(ledger, _batch("new", sequencer="3"), _batch("before", sequencer="2"))
    oldest = _batch("oldest", sequencer="1")
    assert ledger.is_late("p", "d", oldest.source)
    assert ledger.land(oldest, oldest.source) == "late"
    assert ledger.landing("p", "d", "p/d/a").ignored == ("1",)


def test_the_same_content_again_at_its_key_keeps_its_place_and_elsewhere_gets_a_new_one(
    ledger: BatchLedger,
) -> None:
    first, correction = _batch("x", "p/d/a", "1"), _batch("y", "p/d/b", "2")
    _land(ledger, first, correction)
    again = _batch("x", "p/d/a", "3")
    assert ledger.land(again, again.source) == "unchanged"
    assert _active(ledger) == ["x", "y"]
    elsewhere = _batch("x", "p/d/c", "4")
    assert ledger.land(elsewhere, elsewhere.source) == "changed"
    assert _active(ledger) == ["y", "x"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("between", ["y", None])
def test_content_that_comes_back_after_another_or_a_deletion_is_new_in_whatever_order_it_is_told(
    ledger: BatchLedger, order: tuple[int, ...], between: str | None
) -> None:
    other = _batch("other", "p/d/b", "2", time="2013-01-01T00:00:02.5Z")
    _land(ledger, other)
    ledger.begin(_batch("y"))
    for place in order:
        if place == 1 and between is None:
            ledger.delete("p", "d", _batch("", sequencer="2").source)
        else:
            _land(ledger, _batch("y" if place == 1 else "x", sequencer=str(place + 1)))
    assert _active(ledger) == ["other", "x"]


def test_a_deleted_object_has_no_rows_until_it_lands_again(ledger: BatchLedger) -> None:
    _land(ledger, _batch("x", sequencer="1"))
    deleted = _batch("", sequencer="2").source
    assert ledger.delete("p", "d", deleted) == "changed"
    assert ledger.delete("p", "d", deleted) == "again"
    assert _active(ledger) == []
    assert ledger.landing("p", "d", "p/d/a").passed(ledger.validated("p", "d")) == {"x"}
    _land(ledger, _batch("x", sequencer="3"))
    assert _active(ledger) == ["x"]


def test_a_version_that_is_deleted_for_good_uncovers_the_one_before(ledger: BatchLedger) -> None:
    first, second = _batch("x", sequencer="1"), _batch("y", sequencer="2")
    for record, version in ((first, "v1"), (second, "v2")):
        ledger.begin(record)
        ledger.land(record, replace(record.source, version_id=version))
    marker = replace(_batch("", sequencer="3").source, version_id="m")
    ledger.delete("p", "d", marker)
    found = []
    for version in ("m", "v2", "v1"):
        source = replace(_batch("", sequencer="4").source, version_id=version)
        assert ledger.remove("p", "d", source) == "changed"
        assert ledger.remove("p", "d", source) == "again"
        found.append(_active(ledger))
    assert found == [["y"], ["x"], []]


def test_a_version_that_was_deleted_for_good_before_it_was_told_of_is_late(
    ledger: BatchLedger,
) -> None:
    source = replace(_batch("x").source, version_id="v1")
    assert ledger.remove("p", "d", source) == "unchanged"
    assert ledger.is_late("p", "d", source)


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
