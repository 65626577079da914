"""What is wrong with data is refused where it is wrong, on record, and counted once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import zstandard

from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.rejection_alert import RejectionAlert
from tests.builders import csv_bytes
from tests.flow.rows import Row, new_flights, new_number, new_planes
from tests.flow.world import World

pytestmark = pytest.mark.flow


def _counting(world: World, dataset: str, key: str) -> list[BatchRecord]:
    return [
        record for record in world.ledger.active("flights", dataset) if record.source.key == key
    ]


def _counts_alone(world: World, batch: BatchRecord) -> None:
    """Of its landing key: what counts is filed just after a batch has its verdict."""
    world.eventually(
        "batch that counts alone",
        lambda: (
            [record.batch_id for record in _counting(world, batch.dataset, batch.source.key)]
            == [batch.batch_id]
        ),
        logs_of=("validate_batch",),
        within=30,
    )


def _quarantined(world: World, batch: BatchRecord) -> list[Row]:
    body = world.lake.get(keys.quarantine_part("flights", batch.dataset, batch.batch_id, 0))
    return [json.loads(line) for line in body.splitlines()]


def test_the_same_file_dropped_twice_counts_once(world: World) -> None:
    body = csv_bytes(new_planes(30))
    first = world.settled(world.drop("planes", "twice.csv", body))
    duplicates = world.count("DuplicateBatches", Problem="flights", Dataset="planes")
    ingested = world.count("RowsIngested", Problem="flights", Dataset="planes")
    again = [
        world.drop("planes", "twice.csv", body),
        world.drop("planes", "twice-under-another-name.csv", body),
    ]
    world.eventually(
        "record of both duplicates",
        lambda: (
            world.count("DuplicateBatches", Problem="flights", Dataset="planes") >= duplicates + 2
        ),
        logs_of=("ingest_file",),
    )
    (active,) = [
        record
        for record in world.ledger.active("flights", "planes")
        if record.batch_id == first.batch_id
    ]
    assert active.valid_rows == 30
    assert all(world.batch(dropped) is None for dropped in again)
    assert world.count("RowsIngested", Problem="flights", Dataset="planes") == ingested


def test_a_new_version_of_a_file_supersedes_the_old_one(world: World) -> None:
    row = new_planes(1, seats=100)[0]
    old = world.settled(world.drop("planes", "fleet.csv", csv_bytes([row])))
    _counts_alone(world, old)
    new = world.settled(world.drop("planes", "fleet.csv", csv_bytes([{**row, "seats": 200}])))
    assert new.batch_id != old.batch_id
    _counts_alone(world, new)


def test_deleting_a_file_withdraws_its_rows(world: World) -> None:
    batch = world.settled(world.drop("planes", "scrapped.csv", csv_bytes(new_planes(1))))
    world.client("s3").delete_object(Bucket=world.landing.bucket, Key=batch.source.key)
    world.eventually(
        "withdrawal",
        lambda: not _counting(world, "planes", batch.source.key),
        logs_of=("ingest_file",),
    )
    world.eventually("event", lambda: world.events("BatchWithdrawn", batch_id=batch.batch_id))


def test_a_bad_new_version_does_not_take_the_good_old_one_away(world: World) -> None:
    good = world.settled(world.drop("planes", "hangar.csv", csv_bytes(new_planes(1))))
    bad = world.settled(world.drop("planes", "hangar.csv", b"seats,engines\n%d,2\n" % new_number()))
    assert bad.status == "rejected"
    _counts_alone(world, good)


@pytest.mark.parametrize(
    ("name", "body", "message", "where"),
    [
        ("cut.parquet", b"PAR1 is not enough", "cannot be read as parquet", {}),
        (
            "kanji.csv",
            "tailnum,seats,engines\n航空機,100,2\n".encode("shift_jis"),
            "its encoding cannot be told",
            {},
        ),
        (
            "cut.csv.gz",
            gzip.compress(b"tailnum,seats,engines\n" + b"N1,100,2\n" * 999, mtime=0)[:40],
            "cannot be unpacked as gzip",
            {},
        ),
        ("empty.csv", b"", "holds no rows", {}),
        ("header.csv", b"tailnum,seats,engines\n", "holds no rows", {}),
        ("missing.csv", b"seats,engines\n100,2\n", "missing: tailnum", {"column": "tailnum"}),
        ("odd.xlsx", b"PK", "format is unknown", {"file": "flights/planes/odd.xlsx"}),
    ],
)
def test_an_unusable_file_is_rejected_with_its_reason(
    world: World, name: str, body: bytes, message: str, where: Row
) -> None:
    rejected = world.count("BatchesRejected", Problem="flights", Dataset="planes")
    batch = world.settled(world.drop("planes", name, body))
    assert batch.status == "rejected"
    _on_record(world, "flights", "planes", batch.batch_id, batch.source.key, message, where)
    world.eventually(
        "metric",
        lambda: world.count("BatchesRejected", Problem="flights", Dataset="planes") > rejected,
        logs_of=("ingest_file",),
    )


@pytest.mark.parametrize(
    ("problem", "dataset", "message"),
    [
        ("trains", "flights", "no problem called 'trains'"),
        ("flights", "crews", "no data set 'crews'"),
    ],
)
def test_a_file_where_nothing_is_expected_is_rejected(
    world: World, problem: str, dataset: str, message: str
) -> None:
    dropped = world.drop(dataset, "lost.csv", b"a\n1\n", problem=problem)
    told = world.eventually(
        "BatchRejected",
        lambda: world.events("BatchRejected", key=dropped.key),
        logs_of=("ingest_file",),
    )[0]
    _on_record(world, told["problem"], told["dataset"], told["batch_id"], dropped.key, message, {})


def _on_record(
    world: World, problem: str, dataset: str, batch_id: str, key: str, message: str, where: Row
) -> None:
    """The rejection says what, where from and what to do; the event and the alert lead to it."""
    place = keys.rejection(problem, dataset, batch_id)
    document = world.lake.get_json(place)
    assert message in document["message"]
    assert document["remedy"]
    assert where.items() <= document["where"].items()
    assert document["source"]["key"] == key
    event = world.eventually("event", lambda: world.events("BatchRejected", batch_id=batch_id))[0]
    assert event["rejection"] == place
    world.eventually(
        "alert",
        lambda: world.alerts(batch_id) or _told_an_hour_later(world, f"{problem}#{dataset}"),
        logs_of=("tell_rejections",),
    )


def _told_an_hour_later(world: World, name: str) -> None:
    """Of a data set that people were told of within the hour, the next turn after it tells what was
    rejected since. Does nothing while nothing waits.
    """
    waiting = world.state.list(state_keys.EVERY_PROBLEM, state_keys.REJECTED_FILES / f"{name}#")
    if any(waiting):
        earlier = RejectionAlert(datetime.now(UTC) - timedelta(hours=1))
        world.state.put(state_keys.EVERY_PROBLEM, state_keys.REJECTION_ALERTS / name, earlier)
        world.invoke("tell_rejections", {})


def test_a_file_in_another_dialect_is_read_and_it_is_written_down_how(world: World) -> None:
    number = new_number()
    body = f"Flotte Süd\n\ntailnum;seats;engines\nÄ{number};1.200.000;2\n".encode("latin-1")
    batch = world.settled(world.drop("planes", "south.csv.zst", zstandard.compress(body)))
    assert (batch.status, batch.valid_rows) == ("validated", 1)
    assert batch.reading is not None
    assert (batch.reading.compression, batch.reading.encoding) == ("zstd", "cp1252")
    assert (batch.reading.separator, batch.reading.thousands) == (";", ".")
    assert set(batch.reading.detected) == {"encoding", "separator", "skip", "decimal", "thousands"}


def test_a_column_that_is_not_declared_is_named_in_the_profile(world: World) -> None:
    rows = [{**row, "paint": "blue"} for row in new_planes(20)]
    batch = world.settled(world.drop("planes", "painted.csv", csv_bytes(rows)))
    assert (batch.status, batch.valid_rows, batch.quarantined_rows) == ("validated", 20, 0)
    profile = world.lake.get_json(keys.profile("flights", "planes", batch.batch_id))
    assert profile["extra_columns"] == ["paint"]


def _mistyped(rows: list[Row]) -> None:
    rows[3]["distance"] = "far"


def _nowhere(rows: list[Row]) -> None:
    rows[3]["dest"] = rows[3]["origin"]


def _beyond(rows: list[Row]) -> None:
    rows[3]["month"] = 13


def test_a_repeated_row_is_counted_and_is_no_fault(world: World) -> None:
    rows = new_flights(20)
    rows[3] = dict(rows[2])
    batch = world.settled(world.drop("flights", "repeated.csv", csv_bytes(rows)))
    assert (batch.status, batch.valid_rows, batch.quarantined_rows) == ("validated", 19, 0)
    assert (batch.duplicate_rows, batch.superseded_rows) == (1, 0)


@pytest.mark.parametrize(
    ("spoil", "column", "rule"),
    [
        (_mistyped, "distance", "type number"),
        (_nowhere, None, "origin is not dest"),
        (_beyond, "month", ""),
    ],
)
def test_one_bad_row_is_quarantined_alone(
    world: World, spoil: Callable[[list[Row]], None], column: str | None, rule: str
) -> None:
    rows = new_flights(20)
    spoil(rows)
    before = world.count("RowsQuarantined", Problem="flights", Dataset="flights")
    dropped = world.drop("flights", f"{spoil.__name__}.csv", csv_bytes(rows))
    batch = world.settled(dropped)
    assert (batch.status, batch.valid_rows, batch.quarantined_rows) == ("validated", 19, 1)
    (bad,) = _quarantined(world, batch)
    assert bad["row"] == 4
    assert bad["source"] == {"key": dropped.key, "version_id": dropped.version_id}
    assert str(bad["values"]["flight"]) == str(rows[3]["flight"])
    reason = bad["reasons"][0]
    assert reason["column"] == column
    assert rule in reason["rule"]
    assert reason["remedy"]
    world.eventually(
        "event",
        lambda: world.events(
            "BatchValidated", batch_id=batch.batch_id, rows=19, quarantined_rows=1
        ),
    )
    world.eventually(
        "metric",
        lambda: world.count("RowsQuarantined", Problem="flights", Dataset="flights") == before + 1,
    )


def test_a_batch_with_too_many_bad_rows_is_rejected_whole(world: World) -> None:
    rows = new_flights(20)
    for row in rows[:12]:
        row["carrier"], row["distance"] = "", "far"
    batch = world.settled(world.drop("flights", "rotten.csv", csv_bytes(rows)))
    assert (batch.status, batch.quarantined_rows) == ("rejected", 12)
    _on_record(
        world,
        "flights",
        "flights",
        batch.batch_id,
        batch.source.key,
        "12 of 20 rows break the contract",
        {},
    )
    assert [bad["row"] for bad in _quarantined(world, batch)] == list(range(1, 13))
    assert not list(world.lake.list(keys.validated_part("flights", "flights", batch.batch_id, 0)))
