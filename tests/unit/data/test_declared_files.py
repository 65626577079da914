"""Cells as files write them, declared in ``problem.yaml``: formats of times, symbols and marks of
numbers, blanks, other names; in every format of files.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.frames import EXTRA, MALFORMED, UNCASTABLE
from ghosteam.data.subject import Subject
from ghosteam.errors import InvalidInput
from ghosteam.problem.hashes import reading_hash
from tests.unit.data.test_dialects import dataset, opened, rows

COLUMNS: dict[str, Any] = {
    "id": {"type": "integer", "from": "row"},
    "sold_at": {"type": "timestamp", "format": "%d.%m.%Y %H:%M", "from": "Sold at"},
    "share": {"type": "number", "symbol": "%", "nullable": True},
    "price": {"type": "number", "symbol": "€", "decimal": ",", "thousands": "."},
    "city": {"type": "string", "nullable": True},
}
FILES = {"trim": True}
SOLD = datetime(2024, 1, 31, 13, 5, tzinfo=UTC)
EXPECTED = [(1, SOLD, 12.5, 1234.125, "Rome"), (2, SOLD, None, 7.0, None)]
RECORDS: list[dict[str, Any]] = [
    {
        "row": 1,
        "Sold at": "31.01.2024 13:05",
        "share": "12.5 %",
        "price": "1.234,125 €",
        "city": " Rome ",
    },
    {"row": 2, "Sold at": "2024-01-31T13:05:00Z", "share": "", "price": "€7", "city": " "},
]


def written(records: list[dict[str, Any]], form: str) -> bytes:
    body = io.BytesIO()
    if form == "jsonl":
        return "".join(json.dumps(record) + "\n" for record in records).encode()
    frame = pl.DataFrame(records, infer_schema_length=None)
    if form == "parquet":
        frame.write_parquet(body)
    else:
        frame.write_csv(body, separator=";")
    return body.getvalue()


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_cells_are_read_as_they_are_declared_in_every_format(tmp_path: Path, form: str) -> None:
    body = written(RECORDS, form)
    file = opened(tmp_path, body, f"a.{form}", columns=COLUMNS, files=FILES)
    assert rows(file) == EXPECTED
    assert pl.concat(file.parts())[EXTRA].null_count() == 2


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_files_may_have_our_own_names(tmp_path: Path, form: str) -> None:
    ours = {"row": "id", "Sold at": "sold_at"}
    records = [{ours.get(name, name): cell for name, cell in one.items()} for one in RECORDS]
    file = opened(tmp_path, written(records, form), f"a.{form}", columns=COLUMNS, files=FILES)
    assert rows(file) == EXPECTED


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_numbers_that_come_as_numbers_have_no_marks(tmp_path: Path, form: str) -> None:
    """1.125 is no thousand, whatever the texts of its column are written like."""
    records = [{**RECORDS[0], "share": 0.5, "price": 1.125}]
    file = opened(tmp_path, written(records, form), f"a.{form}", columns=COLUMNS, files=FILES)
    assert rows(file)[0][2:4] == (0.5, 1.125)


def test_a_row_with_a_column_under_both_names_is_no_row(tmp_path: Path) -> None:
    records = [RECORDS[0], {**RECORDS[1], "id": 3}]
    body = written(records, "jsonl")
    part = pl.concat(opened(tmp_path, body, "a.jsonl", columns=COLUMNS, files=FILES).parts())
    fault = json.loads(part[MALFORMED][1])
    assert part[MALFORMED][0] is None and "'id' twice: as 'row' too" in fault["reason"]
    assert json.loads(fault["text"]) == {name: str(cell) for name, cell in records[1].items()}


def test_the_header_of_a_file_is_known_by_the_names_in_files(tmp_path: Path) -> None:
    body = b"Report of March\nby: shop\n\n" + written(RECORDS, "csv")
    file = opened(tmp_path, body, "a.csv", columns=COLUMNS, files=FILES)
    assert rows(file) == EXPECTED and file.reading.skipped == 3


def test_a_missing_column_is_told_by_both_of_its_names(tmp_path: Path) -> None:
    body = written([{"row": 1}], "csv")
    with pytest.raises(InvalidInput, match=r"sold_at \(from Sold at\), price"):
        rows(opened(tmp_path, body, "a.csv", columns=COLUMNS, files=FILES))


def test_marks_of_a_file_are_found_beside_symbols(tmp_path: Path) -> None:
    columns = {"id": "integer", "price": {"type": "number", "symbol": "$"}}
    for text, expected in (("id;price\n1;$1.234,50\n", 1234.5), ("id;price\n1;-$ 2,5\n", -2.5)):
        assert rows(opened(tmp_path, text.encode(), columns=columns)) == [(1, expected)]


@pytest.mark.parametrize("cell", ["€5", "5 kg", "$$", "$", "5$5", "1.2.3$"])
def test_what_has_another_symbol_is_kept_as_it_stands(tmp_path: Path, cell: str) -> None:
    columns = {"id": "integer", "price": {"type": "number", "symbol": "$"}}
    file = opened(tmp_path, f"id,price\n1,{cell}\n".encode(), columns=columns)
    part = pl.concat(file.parts())
    assert part["price"][0] is None and json.loads(part[UNCASTABLE][0]) == {"price": cell}


def test_blanks_of_texts_are_the_owners_unless_he_says_otherwise(tmp_path: Path) -> None:
    body = b"id,name\n1, a \n"
    columns = {"id": "integer", "name": "string"}
    assert rows(opened(tmp_path, body, columns=columns)) == [(1, " a ")]
    assert rows(opened(tmp_path, body, columns=columns, files=FILES)) == [(1, "a")]


MADE: dict[str, Any] = {
    "row_id": {"type": "string", "made_of": "content"},
    "at": {"type": "timestamp", "format": "%d.%m.%Y", "nullable": True},
    "x": {"type": "number", "nullable": True},
    "name": {"type": "string", "nullable": True},
}


def ids(file: DatasetFile) -> list[str | None]:
    return pl.concat(file.parts(check=False))["row_id"].to_list()


def made(folder: Path, body: bytes, name: str, *, part_rows: int = 100) -> list[str | None]:
    return ids(opened(folder, body, name, part_rows=part_rows, columns=MADE))


CONTENT = st.lists(
    st.tuples(st.sampled_from([None, 0.5, 1.0, 1250.25]), st.sampled_from([None, "a", "ü b"])),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=CONTENT, part_rows=st.integers(1, 5))
def test_a_row_has_one_id_in_whatever_file_dialect_and_part(
    tmp_path: Path, content: list[tuple[float | None, str | None]], part_rows: int
) -> None:
    records = [
        {"x": x, "name": name, "at": "2024-01-31", "note": f" n{place % 2}"}
        for place, (x, name) in enumerate(content)
    ]
    known = made(tmp_path, written(records, "jsonl"), "a.jsonl")
    assert len({*known}) == len(known)
    assert made(tmp_path, written(records, "jsonl"), "a.jsonl", part_rows=part_rows) == known
    assert made(tmp_path, written(records, "csv"), "a.csv", part_rows=part_rows) == known
    assert made(tmp_path, written(records, "parquet"), "a.parquet", part_rows=part_rows) == known
    german = "name;x;note;at\n" + "".join(
        f"{one['name'] or ''};{str(one['x'] or '').replace('.', ',')};{one['note']};31.01.2024\n"
        for one in records
    )
    body = german.encode("utf-16")
    assert (
        ids(opened(tmp_path, body, part_rows=part_rows, columns=MADE, files={"decimal": ","}))
        == known
    )
    backwards = made(tmp_path, written(records[::-1], "jsonl"), "a.jsonl")
    assert sorted(map(str, backwards)) == sorted(map(str, known))


def test_ids_say_how_often_a_row_came_and_what_is_there_stays(tmp_path: Path) -> None:
    lines = [{"x": 1}, {"x": 1.0}, {"row_id": "mine", "x": 1}, {"x": 1, "name": None}, {"x": 2}]
    found = made(tmp_path, written(lines, "jsonl"), "a.jsonl")
    first = str(found[0])
    assert found[:4] == [first, f"{first}-2", "mine", f"{first}-3"]
    assert found[4] not in found[:4] and len(first) == 24


def test_what_cannot_be_typed_and_what_is_not_declared_tell_rows_apart(tmp_path: Path) -> None:
    lines = [{"x": "a"}, {"x": "b"}, {"x": 1, "other": "a"}, {"x": 1, "other": "b"}, {"x": 1}]
    assert len({*made(tmp_path, written(lines, "jsonl"), "a.jsonl")}) == 5


def test_a_line_that_is_no_row_gets_no_id(tmp_path: Path) -> None:
    assert made(tmp_path, b"x,name\n1,a\n1,2,3\n1,a\n", "a.csv")[1] is None


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("at", {"type": "timestamp", "format": "%m.%d.%Y", "nullable": True}),
        ("x", {"type": "number", "nullable": True, "symbol": "%"}),
        ("x", {"type": "number", "nullable": True, "decimal": ","}),
        ("x", {"type": "number", "nullable": True, "thousands": ","}),
        ("name", {"type": "string", "nullable": True, "from": "Name"}),
        ("row_id", {"type": "string"}),
    ],
)
def test_each_of_them_says_that_files_are_to_be_read_again(
    column: str, change: dict[str, Any]
) -> None:
    before = dataset(MADE)
    assert reading_hash(dataset({**MADE, column: change})) != reading_hash(before)
    assert reading_hash(dataset(MADE, files=FILES)) != reading_hash(before)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_rows_to_be_erased_are_found_by_what_files_call_them(tmp_path: Path, form: str) -> None:
    file = opened(tmp_path, written(RECORDS, form), f"a.{form}", columns=COLUMNS, files=FILES)
    [part] = file.parts(check=False)
    assert Subject("p", {"id": "2"}, frozenset({"id"})).rows(part).to_list() == [False, True]
    content = [{"x": 1.0}, {"x": 2.0}]
    [part] = opened(tmp_path, written(content, form), f"a.{form}", columns=MADE).parts(check=False)
    assert Subject("p", {"row_id": part["row_id"][1]}).rows(part).to_list() == [False, True]
