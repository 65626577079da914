"""JSON lines and Parquet of whatever writer: nested objects, odd types, much of everything."""

from __future__ import annotations

import io
import json
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.frames import EXTRA
from ghosteam.errors import InvalidInput
from tests.unit.data.test_dialects import opened, rows

NESTED = {"id": "integer", "by.name": "string?", "by.home.city": "string?"}


def _json(folder: Path, *records: dict[str, Any], **fields: Any) -> DatasetFile:
    body = "".join(json.dumps(record) + "\n" for record in records).encode()
    return opened(folder, body, "a.jsonl", **fields)


def _parquet(
    folder: Path, table: dict[str, Any], *, part_rows: int = 100, **fields: Any
) -> DatasetFile:
    body = io.BytesIO()
    pq.write_table(pa.table(table), body)
    return opened(folder, body.getvalue(), "a.parquet", part_rows=part_rows, **fields)


def test_objects_are_taken_apart_where_a_column_is_declared_below_them(tmp_path: Path) -> None:
    file = _json(
        tmp_path,
        {"id": 1, "by": {"name": "Ann", "home": {"city": "Rome", "zip": 7}}, "of": {"x": 1}},
        {"id": 2, "by": None},
        {"id": 3, "by": {"home": "unknown"}},
        {"id": 4, "by.name": "Bob"},
        columns=NESTED,
    )
    assert rows(file) == [(1, "Ann", "Rome"), (2, None, None), (3, None, None), (4, "Bob", None)]
    extra = [json.loads(text) if text else None for text in pl.concat(file.parts())[EXTRA]]
    assert extra == [
        {"by.home.zip": "7", "of": '{"x": 1}'},
        {"by": None},
        {"by.home": "unknown"},
        None,
    ]


def test_structs_of_parquet_are_taken_apart_in_the_same_way(tmp_path: Path) -> None:
    by = pa.array([{"name": "Ann", "home": {"city": "Rome", "zip": 7}}, None])
    file = _parquet(tmp_path, {"id": [1, 2], "by": by}, columns=NESTED)
    assert rows(file) == [(1, "Ann", "Rome"), (2, None, None)]
    assert json.loads(next(file.parts())[EXTRA][0]) == {"by.home.zip": "7"}


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ([["a"], None], "lists"),
        ([{"a": 1}, None], "objects"),
        (pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())), "lists"),
    ],
)
@pytest.mark.parametrize("kind", ["string?", "number?"])
def test_a_declared_column_of_lists_or_objects_is_refused_by_name(
    tmp_path: Path, values: Any, holds: str, kind: str
) -> None:
    file = _parquet(tmp_path, {"id": [1, 2], "x": values}, columns={"id": "integer", "x": kind})
    with pytest.raises(InvalidInput, match=f"column x holds {holds}") as caught:
        rows(file)
    assert caught.value.where == {"column": "x"}
    beside = _parquet(tmp_path, {"id": [1, 2], "x": values}, columns={"id": "integer"})
    assert rows(beside) == [(1,), (2,)]
    assert "x" in json.loads(next(beside.parts())[EXTRA][0])


MOMENT = datetime(2013, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "kind", "told"),
    [
        (pa.array([b"N1", None], pa.binary()), "string?", ["N1", None]),
        (pa.array(["N1", None]).dictionary_encode(), "string?", ["N1", None]),
        (pa.array([Decimal("1.50"), None]), "number?", [1.5, None]),
        (pa.array([Decimal("2.00"), None]), "integer?", [2, None]),
        (pa.array([2, None], pa.uint64()), "integer?", [2, None]),
        (pa.array([1.0, None], pa.float32()), "boolean?", [True, None]),
        *(
            (pa.array([MOMENT, None], pa.timestamp(unit, "UTC")), "timestamp?", [MOMENT, None])
            for unit in ("s", "ms", "us", "ns")
        ),
        (pa.array([MOMENT.date(), None]), "timestamp?", [datetime(2013, 1, 1, tzinfo=UTC), None]),
        (pa.nulls(2), "number?", [None, None]),
    ],
)
def test_types_of_other_writers_are_the_values_that_they_stand_for(
    tmp_path: Path, values: Any, kind: str, told: list[Any]
) -> None:
    file = _parquet(tmp_path, {"id": [1, 2], "x": values}, columns={"id": "integer", "x": kind})
    assert [x for _, x in rows(file)] == told


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_time_that_no_calendar_has_costs_only_its_own_row(
    tmp_path: Path, unit: str, declared: bool
) -> None:
    far = {"s": 10**13, "ms": 10**16, "us": 10**18}[unit]
    times = pa.array([far, 0, None], pa.timestamp(unit, "UTC"))
    columns = {"id": "integer", **({"x": "timestamp?"} if declared else {})}
    file = _parquet(tmp_path, {"id": [1, 2, 3], "x": times}, columns=columns)
    [part] = file.parts()
    assert part["id"].to_list() == [1, 2, 3]
    if declared:
        assert part["x"].to_list() == [None, datetime(1970, 1, 1, tzinfo=UTC), None]
        assert f"{unit} since 1970" in json.loads(part["_uncastable"][0])["x"]
        assert part["_uncastable"][1] is None


def test_empty_row_groups_hold_no_rows_and_end_nothing(tmp_path: Path) -> None:
    body, table = io.BytesIO(), pa.table({"id": [1, 2]})
    with pq.ParquetWriter(body, table.schema) as writer:
        for part in (table[:0], table[:1], table[:0], table[1:], table[:0]):
            writer.write_table(part)
    file = opened(tmp_path, body.getvalue(), "a.parquet", columns={"id": "integer"})
    assert rows(file) == [(1,), (2,)]


def test_ids_as_names_of_fields_make_no_columns(tmp_path: Path) -> None:
    records = ({"id": number, f"seen_{number}": 1} for number in range(10_000))
    file = _json(tmp_path, *records, columns={"id": "integer"}, part_rows=100_000)
    tracemalloc.start()
    try:
        [part] = file.parts()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (part.height, part.width) == (10_000, 5)
    assert json.loads(part[EXTRA][9999]) == {"seen_9999": "1"}
    assert peak < 50_000_000


def test_a_wide_file_comes_in_parts_of_bounded_cells(tmp_path: Path) -> None:
    names = ["id", *(f"c{number}" for number in range(9_999))]
    line = ",".join(["1"] * len(names)) + "\n"
    file = opened(
        tmp_path,
        (",".join(names) + "\n" + line * 450).encode(),
        columns={"id": "integer"},
        part_rows=100_000,
    )
    assert [part.height for part in file.parts()] == [400, 50]


def test_long_cells_end_a_part_before_its_rows_do(tmp_path: Path) -> None:
    records = [{"id": number, "name": "x" * 5_000_000} for number in range(15)]
    parts = [part.height for part in _json(tmp_path, *records, part_rows=1000).parts()]
    assert parts == [13, 2]
    names = [record["name"] for record in records]
    file = _parquet(tmp_path, {"id": list(range(15)), "name": names}, part_rows=1000)
    assert max(part.height for part in file.parts()) <= 13
    assert sum(part.height for part in file.parts()) == 15


def test_a_header_of_more_names_than_any_table_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="names, more than 50000"):
        rows(opened(tmp_path, b"id" + b"," * 60_000 + b"\n1\n", columns={"id": "integer"}))
