"""Files that tools write beside data, and files that say that there are no rows now."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from ghosteam.data import read
from ghosteam.data.markers import marker_reason
from tests.builders import csv_bytes, flights, plane
from tests.unit.data.world import World

PLACE = "flights/flights/"
MARKERS = [
    "_SUCCESS",
    "2013/_SUCCESS",
    "_committed_8512345",
    "_started_8512345",
    "_metadata",
    "_delta_log/00000000000000000000.json",
    "part-00000.parquet.crc",
    ".part-00000-1b2c.snappy.parquet.crc",
    "_temporary/0/_temporary/attempt_1/part-00000.parquet",
    ".spark-staging-1/part-0.csv",
    "2013_$folder$",
    "2013.csv._COPYING_",
    ".DS_Store",
    ".hoodie/hoodie.properties",
]
DATA = [
    "a.csv",
    "part-00000-1b2c.snappy.parquet",
    "_january.csv",
    "_day=1/part-0.parquet",
    "year=2013/a.jsonl.gz",
    "SUCCESS",
    "a_SUCCESS.csv",
    "a.zip",
]


@pytest.mark.parametrize("name", MARKERS)
def test_what_tools_write_for_themselves_is_no_data(name: str) -> None:
    assert marker_reason(PLACE + name)


@pytest.mark.parametrize("key", ["_SUCCESS", "flights/_SUCCESS", "flights/flights/_SUCCESS"])
def test_a_job_that_writes_all_data_sets_leaves_its_marker_above_them(key: str) -> None:
    assert marker_reason(key)


@pytest.mark.parametrize("name", DATA)
def test_what_may_be_data_is_never_passed_over(name: str) -> None:
    assert marker_reason(PLACE + name) is None


def test_a_marker_is_ignored_on_record_and_nobody_is_told(world: World) -> None:
    event = world.drop(PLACE + "2013/_SUCCESS", b"")
    for _ in range(2):
        assert world.deliver(event) == "ignored"
    [(key, body)] = world.objects().items()
    assert key.endswith("/ignored.json")
    assert b"2013/_SUCCESS" in body
    assert b"Spark" in body
    assert not world.bus.events
    assert not world.documents()


def allows_empty(world: World) -> World:
    """The same world, where each data set may have files without rows."""
    problem = world.ingest.problems["flights"]
    datasets = {
        name: dataset.model_copy(update={"empty": "allowed"})
        for name, dataset in problem.datasets.items()
    }
    problems = {"flights": problem.model_copy(update={"datasets": datasets})}
    world.ingest = replace(world.ingest, problems=problems)
    world.validation = replace(world.validation, problems=problems)
    return world


def _parquet() -> bytes:
    body = io.BytesIO()
    pl.DataFrame(flights(1)).clear().write_parquet(body)
    return body.getvalue()


EMPTY = [
    ("a.csv", b""),
    ("a.csv", csv_bytes(flights(1)).splitlines(keepends=True)[0]),
    ("a.csv.gz", gzip.compress(b"", mtime=0)),
    ("a.jsonl", b"\n"),
    ("a.parquet", b""),
    ("a.parquet", _parquet()),
]


@pytest.mark.parametrize(("name", "body"), EMPTY)
def test_a_file_without_rows_is_rejected_where_nothing_is_declared(
    world: World, name: str, body: bytes
) -> None:
    assert world.deliver(world.drop(PLACE + name, body)) == "rejected"
    [rejection] = [body for key, body in world.objects().items() if "rejection" in key]
    assert b"empty: allowed" in rejection


@pytest.mark.parametrize(("name", "body"), EMPTY)
def test_where_it_is_allowed_it_withdraws_the_rows_of_its_key(
    world: World, name: str, body: bytes
) -> None:
    allows_empty(world)
    other = PLACE + "b.csv"
    if name.endswith(".csv"):
        assert world.land(PLACE + name, csv_bytes(flights(3))) == "validated"
    assert world.land(other, csv_bytes(flights(2))) == "validated"
    assert world.land(PLACE + name, body) == "validated"
    counted = {one.source.key: one.valid_rows for one in world.ledger.active("flights", "flights")}
    assert counted == {PLACE + name: 0, other: 2}
    # Every further key may say the same.
    assert world.land(other, body if other.endswith(name[1:]) else b"") == "validated"
    assert {one.valid_rows for one in world.ledger.active("flights", "flights")} == {0}
    batches = {one.batch_id for one in world.ledger.active("flights", "flights")}
    assert len(batches) == 2


def test_rows_come_back_after_a_file_without_rows(world: World) -> None:
    allows_empty(world)
    place = "flights/planes/all.csv"
    for body, rows in (
        (csv_bytes([plane()]), 1),
        (b"", 0),
        (csv_bytes([plane(), plane(tailnum="N2")]), 2),
        (b"", 0),
        (csv_bytes([plane()]), 1),
    ):
        world.land(place, body)
        [batch] = world.ledger.active("flights", "planes")
        assert batch.valid_rows == rows


def test_the_same_delivery_again_changes_nothing(world: World) -> None:
    allows_empty(world)
    event: Any = world.drop(PLACE + "a.csv", b"")
    assert world.deliver(event) == "ingested"
    world.settle()
    before = world.documents()
    assert world.deliver(event) == "repeated"
    assert world.documents() == before


CUT = gzip.compress(b'{"year": 2013}\n', mtime=0)[:-9]


def test_a_damaged_file_is_not_taken_for_an_empty_one(world: World) -> None:
    allows_empty(world)
    assert world.deliver(world.drop(PLACE + "a.parquet", b"PAR1 cut off")) == "rejected"
    assert world.deliver(world.drop(PLACE + "b.jsonl.gz", CUT)) == "rejected"
    rejections = [body for key, body in world.objects().items() if "rejection" in key]
    assert len(rejections) == 2 and all(b"drop it again" in one for one in rejections)


@pytest.mark.parametrize("body", [csv_bytes(flights(5)), csv_bytes(flights(1)), b""])
def test_where_none_are_allowed_too_the_rows_of_a_file_are_read_once(
    world: World, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    begun: list[Any] = []
    parts = read._parts

    def counted(*about: Any) -> Iterator[pl.DataFrame]:
        begun.append(about)
        return parts(*about)

    monkeypatch.setattr(read, "_parts", counted)
    allows_empty(world)
    world.ingest = replace(world.ingest, part_rows=2)
    assert world.land(PLACE + "a.csv", body) == "validated"
    assert len(begun) == 1
    [batch] = world.ledger.active("flights", "flights")
    assert batch.rows == len(body.splitlines()[1:])
