"""Files of every form are tables of text, or are refused with what to do."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from cli.files.names import files_in
from cli.files.table import read_table
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
    elif name.startswith("latin"):
        path.write_bytes(("about it\n\n" + CSV.replace(",", ";")).encode("latin-1"))
    else:
        path.write_text(CSV)
    return path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.csv", ""),
        ("a.csv.gz", ""),
        ("a.jsonl", ""),
        ("a.parquet", ""),
        ("a.json", "its objects, as a.jsonl"),
        ("a.txt.json", "as a.txt.jsonl: it holds JSON lines"),
        ("a.csv.zip", ""),
        ("a.tsv", ""),
        ("latin.csv", ""),
        ("a.txt", "as a.csv: its name does not say that it is CSV"),
    ],
)
def test_a_file_is_a_table_and_says_how_it_lands(tmp_path: Path, name: str, told: str) -> None:
    table = read_table(make(tmp_path, name), tmp_path / "scratch")
    assert table.rows.select("id", "text").equals(ROWS)
    assert table.columns == ("id", "text") and table.landing.told == told
    assert table.landing.path == table.path or told


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_objects_are_columns_and_lists_are_none(tmp_path: Path, name: str) -> None:
    rows = [
        {"id": n, "user": {"age": 1.5, "at": {"city": "a"}}, "tags": ["x"], "seen": {}}
        for n in range(3)
    ]
    rows[1] |= {"late": None} if name == "a.jsonl" else {}
    if name == "a.jsonl":
        text = "\n".join(json.dumps(row) for row in [*rows, *[{"id": 9, "new": 1}]])
        (tmp_path / name).write_text(text)
    else:
        pl.DataFrame([{**row, "seen": 1} for row in rows]).write_parquet(tmp_path / name)
    table = read_table(tmp_path / name, tmp_path / "scratch")
    assert table.lists == ("tags",) and "user.age" in table.columns
    assert table.rows["user.at.city"].head(3).to_list() == ["a"] * 3
    assert table.rows["user.age"][0] == "1.5" and "tags" not in table.columns


def test_names_without_end_are_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [{"id": n, "seen": {f"u{n}": 1, "a": n}} for n in range(300)]
    path.write_text("\n".join(map(json.dumps, lines)))
    table = read_table(path, tmp_path / "scratch")
    assert table.columns == ("id",) and table.lists == ("seen",)


def test_lines_of_another_length_are_no_rows_and_names_that_come_twice_no_columns(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.csv").write_text("a,b,b\n1,2,3\n4\n5,6,7\n8,9,0\n")
    table = read_table(tmp_path / "a.csv", tmp_path)
    assert table.malformed == 1 and table.columns == ("a",)
    assert table.rows["a"].to_list() == ["1", "5", "8"]
    assert json.loads(table.rows["_extra"][0]) == {"b": "2", "b_2": "3"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"PK", "workbook cannot be read"),
        ("a.pdf", b"%PDF", "format is unknown"),
        ("a.json", b'{"a": [1]}', "no list of objects"),
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
        read_table(tmp_path / name, tmp_path / "scratch")
    assert refused.value.where["file"] == name


def test_an_archive_of_many_files_says_to_unpack_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(InvalidInput, match="holds 2 files"):
        read_table(tmp_path / "a.csv.zip", tmp_path)


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
