"""Files of every form are tables of text, or are refused with what to do."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from cli.files.table import files_in, read_table
from ghosteam.errors import InvalidInput

ROWS = pl.DataFrame({"id": ["1", "2"], "text": ["a", "ü"]})
CSV = "id,text\n1,a\n2,ü\n"
OBJECTS = [{"id": 1, "text": "a"}, {"id": 2, "text": "ü"}]


def make(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("rows.csv", CSV)
    elif name.endswith(".parquet"):
        pl.DataFrame(OBJECTS).write_parquet(path)
    elif ".jsonl" in name or name.endswith(".txt.json"):
        path.write_text("\n".join(json.dumps(row) for row in OBJECTS))
    elif name.endswith(".json"):
        path.write_text(json.dumps(OBJECTS))
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(CSV.encode()))
    elif name.endswith(".tsv"):
        path.write_text(CSV.replace(",", "\t"))
    else:
        path.write_text(CSV)
    return path


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("a.csv", ()),
        ("a.csv.gz", ()),
        ("a.jsonl", ()),
        ("a.parquet", ()),
        ("a.json", ("it is one JSON document",)),
        ("a.txt.json", ("its name should end in .jsonl",)),
        ("a.csv.zip", ("it is a zip archive",)),
        ("a.tsv", ("its name ends in .tsv", "cells are separated by tabs")),
    ],
)
def test_a_file_is_a_table_and_says_what_is_odd(
    tmp_path: Path, name: str, odd: tuple[str, ...]
) -> None:
    table = read_table(make(tmp_path, name))
    assert table.rows.equals(ROWS)
    assert (table.odd, table.name) == (odd, "a")


def test_a_packed_file_under_another_name_is_odd(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(gzip.compress(CSV.encode()))
    assert read_table(path).odd == ("it is packed with gzip",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"PK", "workbook cannot be read"),
        ("a.pdf", b"%PDF", "format is unknown"),
        ("a.json", b'{"a": 1}', "no list of objects"),
        ("a.json", b"{", "is not JSON"),
        ("a.csv.gz", b"\x1f\x8b\x00", "cannot be unpacked"),
        ("a.parquet", b"no parquet", "cannot be read|failed"),
        ("a.csv", b"a,b\n", "no rows"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as refused:
        read_table(tmp_path / name)
    assert refused.value.where["file"] == name


def test_an_archive_of_many_files_says_to_unpack_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(InvalidInput, match="holds 2 files"):
        read_table(tmp_path / "a.csv.zip")


def test_a_folder_gives_its_data_and_no_marks_of_tools(tmp_path: Path) -> None:
    for name in (
        "2024/b.csv",
        "2024/a.jsonl",
        "_SUCCESS",
        ".hidden.csv",
        "readme.md",
        "_tmp/c.csv",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CSV)
    assert [path.name for path in files_in([tmp_path])] == ["a.jsonl", "b.csv"]


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no files of data"):
        files_in([tmp_path])
    with pytest.raises(InvalidInput, match="no such file"):
        files_in([tmp_path / "x.csv"])
