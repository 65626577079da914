"""From a dropped file to typed raw parts, or a rejection on record."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from tests.builders import EVENTS, csv_bytes, flights, json_lines, plane, s3_event, weather
from tests.unit.data.world import NOW

ONE = csv_bytes(flights(3))


TWO = csv_bytes(flights(3, arr_delay=99))


def _record(world: Any, dataset: str = "flights") -> dict[str, Any]:
    (record,) = [
        data for key, data in world.documents().items() if key.startswith(f"batch#{dataset}#")
    ]
    return dict(record)


def _rejection(world: Any, prefix: str = "quarantine/flights/flights/") -> dict[str, Any]:
    (key,) = [
        key for key in world.objects() if key.startswith(prefix) and key.endswith("rejection.json")
    ]
    return dict(json.loads(world.objects()[key]))


def test_a_dropped_file_becomes_typed_raw_parts_and_an_event(new_world: Callable[..., Any]) -> None:
    world = new_world(part_rows=2)
    assert world.deliver(world.drop("flights/flights/a.csv", ONE)) == "ingested"
    record = _record(world)
    assert (record["status"], record["rows"], record["parts"]) == ("ingested", 3, 2)
    assert world.bus.events[0].detail() == {
        "version": 1,
        "problem": "flights",
        "dataset": "flights",
        "batch_id": record["batch_id"],
        "key": "flights/flights/a.csv",
        "rows": 3,
        "parts": 2,
    }
    parts = [
        body
        for key, body in sorted(world.objects().items())
        if key.startswith(f"raw/flights/flights/{record['batch_id']}/")
    ]
    frame = pl.concat(pl.read_parquet(io.BytesIO(part)) for part in parts)
    assert frame["_row"].to_list() == [1, 2, 3]
    assert frame["time_hour"].dtype == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv.gz", gzip.compress(ONE, mtime=0)),
        ("a.jsonl", json_lines(flights(3))),
        ("a.ndjson.gz", gzip.compress(json_lines(flights(3)), mtime=0)),
    ],
)
def test_every_format_gives_the_same_validated_rows(
    new_world: Callable[..., Any], world: Any, name: str, body: bytes
) -> None:
    assert world.land("flights/flights/a.csv", ONE) == "validated"
    assert world.land(f"flights/flights/{name}", body) == "validated"
    parts = {body for key, body in world.objects().items() if key.startswith("validated/")}
    assert len(parts) == 1


def test_delivering_an_event_twice_changes_nothing(world: Any) -> None:
    event = world.drop("flights/flights/a.csv", ONE)
    world.deliver(event)
    world.settle()
    before = world.objects(), world.documents()
    assert world.deliver(event) == "repeated"
    assert (world.objects(), world.documents()) == before
    assert world.types() == ["BatchValidated", "BatchValidated"]


def test_each_event_reads_its_own_version_of_the_object(world: Any) -> None:
    old = world.drop("flights/flights/a.csv", ONE)
    world.drop("flights/flights/a.csv", csv_bytes(flights(7)))
    world.deliver(old)
    assert _record(world)["rows"] == 3


@pytest.mark.parametrize(
    ("key", "body", "message"),
    [
        ("flights/flights/a.csv", b"", "no rows"),
        ("flights/flights/b.csv", b"year,month\n", "no rows"),
        ("flights/flights/c.csv", b"\xff\xfe\x00", "not utf-16 text"),
        ("flights/flights/d.xlsx", b"PK", "format is unknown"),
        ("flights/flights/e.csv", b"year,month\n2013,1\n", "Required columns are missing: day"),
        ("flights/flights/f.csv", b"x" * 1_000_001, "more than 1000000"),
    ],
)
def test_a_file_that_cannot_be_used_is_rejected_on_record_and_not_retried(
    world: Any, capsys: pytest.CaptureFixture[str], key: str, body: bytes, message: str
) -> None:
    assert world.land(key, body) == "rejected"
    rejection = _rejection(world)
    assert message in rejection["message"]
    assert rejection["remedy"]
    assert rejection["source"]["key"] == key
    assert _record(world)["status"] == "rejected"
    (event,) = world.bus.events
    assert event.type == "BatchRejected"
    assert event.ids["rejection"] in world.objects()
    assert '"BatchesRejected":[1.0]' in capsys.readouterr().out
    assert world.active() == []


@pytest.mark.parametrize(
    ("key", "prefix", "message"),
    [
        ("stray.csv", "quarantine/_unknown/_unknown/", "where nothing is expected"),
        ("flights/stray.csv", "quarantine/_unknown/_unknown/", "where nothing is expected"),
        ("trains/trips/a.csv", "quarantine/_unknown/trips/", "no problem called 'trains'"),
        ("flights/fligths/a.csv", "quarantine/flights/fligths/", "no data set 'fligths'"),
    ],
)
def test_a_file_that_belongs_nowhere_is_rejected_on_record(
    world: Any, key: str, prefix: str, message: str
) -> None:
    assert world.land(key, ONE) == "rejected"
    rejection = _rejection(world, prefix)
    assert message in rejection["message"]
    assert rejection["remedy"]
    assert world.types() == ["BatchRejected"]


def test_a_rejected_file_dropped_again_is_tried_again(
    world: Any, new_world: Callable[..., Any]
) -> None:
    body = csv_bytes(flights(3, month=13))
    assert world.land("flights/flights/a.csv", body) == "rejected"
    assert world.land("flights/flights/a.csv", body) == "rejected"
    assert world.types() == ["BatchRejected", "BatchRejected"]


def test_the_event_of_a_rejected_file_delivered_again_only_says_so_again(world: Any) -> None:
    event = world.drop("flights/flights/a.csv", b"year\n1\n")
    world.deliver(event)
    before = world.objects(), world.documents()
    assert world.deliver(event, now=NOW + timedelta(days=1)) == "rejected"
    assert (world.objects(), world.documents()) == before


def test_the_marker_of_an_empty_folder_is_no_file(world: Any) -> None:
    assert (
        world.deliver(json.loads((EVENTS / "s3_object_created_folder_marker.json").read_text()))
        == "ignored"
    )
    assert world.objects() == {}


def test_an_object_version_that_is_gone_is_rejected(world: Any) -> None:
    assert world.deliver(s3_event("flights/flights/gone.csv", size=5, sequencer="1")) == "rejected"
    assert "Downloading an object failed" in _rejection(world)["message"]


def test_looked_up_data_sets_are_ingested_too_and_keep_columns_that_are_not_declared(
    world: Any,
) -> None:
    assert world.land("flights/weather/a.csv", csv_bytes([weather()])) == "validated"
    assert world.land("flights/planes/a.csv", csv_bytes([plane()])) == "validated"
    (profile,) = [
        json.loads(body)
        for key, body in world.objects().items()
        if key.startswith("profiles/flights/weather/")
    ]
    assert profile["extra_columns"] == ["wind_dir"]
    assert _record(world, "weather")["min_time"] == "2013-01-01T06:00:00+00:00"
    assert _record(world, "planes")["min_time"] is None
