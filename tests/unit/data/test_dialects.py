"""CSV in any dialect: declared for a data set, or found in a file and then written down."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghosteam.data.compression import _PIECE
from ghosteam.data.dataset_file import DatasetFile
from ghosteam.data.formats import format_of
from ghosteam.data.frames import EXTRA, MALFORMED
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset

COLUMNS = {"id": "integer", "name": "string?", "price": "number?"}
ROWS = [(1, "Zoë", 1234.5), (2, "a;b", None)]


def dataset(columns: dict[str, str] = COLUMNS, **fields: Any) -> Dataset:
    key = next(iter(columns))
    return Dataset.model_validate({"columns": columns, "key": [key], "static": True, **fields})


def opened(
    folder: Path, body: bytes, name: str = "a.csv", *, part_rows: int = 100, **fields: Any
) -> DatasetFile:
    path = folder / "file"
    path.write_bytes(body)
    return DatasetFile(path, format_of(name), dataset(**fields), part_rows)


def rows(file: DatasetFile) -> list[tuple[Any, ...]]:
    return list(pl.concat(file.parts()).select(*file.dataset.columns).iter_rows())


PLAIN = 'id,name,price\n1,Zoë,1234.5\n2,"a;b",\n'
SEMICOLONS = 'id;name;price\n1;Zoë;1.234,50\n2;"a;b";\n'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PLAIN, {"separator": ",", "decimal": "."}),
        (SEMICOLONS, {"separator": ";", "decimal": ",", "thousands": "."}),
        ("id\tname\tprice\n1\tZoë\t1234.50\n2\ta;b\t\n", {"separator": "\t"}),
        ("id|name|price\n1|Zoë|1234.50\n2|a;b|\n", {"separator": "|"}),
        ("'id','name','price'\n'1','Zoë','1234.5'\n'2','a;b',''\n", {"quote": "'"}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        ("Report of March\n\nby: shop\n" + PLAIN, {"skipped": 3}),
        ("sep=;\n" + SEMICOLONS, {"skipped": 1, "separator": ";"}),
        ('id,name,price,\n1,Zoë,1234.5,\n2,"a;b",,\n', {"trailing": True}),
        ('id,name,price\n1,Zoë,1234.5,\n2,"a;b",,\n', {"trailing": True}),
        ('id,name,price\n1,Zoë,"1,234.5"\n2,a;b,\n', {"thousands": ","}),
        ('id;name;price\n1;Zoë;1 234,5\n2;"a;b";\n', {"thousands": " ", "decimal": ","}),
        ('id;name;price\n1;Zoë;1\'234.5\n2;"a;b";\n', {"thousands": "'", "decimal": "."}),
        (
            'x,x,,id,name,price\n7,8,9,1,Zoë,1234.5\n7,8,9,2,"a;b",\n',
            {"renamed": {"x_2": "x", "column_3": ""}},
        ),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le"])
def test_one_table_in_many_dialects_is_the_same_rows(
    tmp_path: Path, text: str, found: dict[str, Any], encoding: str
) -> None:
    file = opened(tmp_path, text.encode(encoding))
    assert rows(file) == ROWS
    assert {name: getattr(file.reading, name) for name in found} == found
    assert file.reading.encoding == {"latin-1": "cp1252"}.get(encoding, encoding)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("id~name~price\n1~Zoë~1234.5\n2~a;b~\n", {"separator": "~"}),
        ('id,name,price\n1,"Zoë","1.234,5"\n2,"a;b",\n', {"decimal": ",", "thousands": "."}),
        ("id,name,price\n1,Zoë,1_234.5\n2,a;b,\n", {"thousands": "_"}),
        ('id,name,price\n1,"Zoë",1234.5\n2,"a\\;b",\n', {"escape": "\\"}),
        ("nonsense\nid,name,price\n1,Zoë,1234.5\n2,a;b,\n", {"skip": 1}),
        (PLAIN.replace("Zoë", "Łódź"), {"encoding": "cp1250"}),
    ],
)
def test_what_is_declared_is_not_looked_for(
    tmp_path: Path, text: str, files: dict[str, Any]
) -> None:
    file = opened(tmp_path, text.encode(files.get("encoding", "utf-8")), files=files)
    assert [row[0] for row in rows(file)] == [1, 2]
    assert rows(file)[0][2] == 1234.5
    assert rows(file)[0][1] in ("Zoë", "Łódź")
    assert rows(file)[1][1] == "a;b"
    assert not set(files) & set(file.reading.detected)


def test_a_number_that_could_be_two_is_quarantined_and_told(tmp_path: Path) -> None:
    file = opened(tmp_path, b'id,price\n1,"1,500"\n2,"2,750"\n')
    part = pl.concat(file.parts())
    assert part["price"].to_list() == [None, None]
    assert json.loads(part["_uncastable"][0]) == {"price": "1,500"}
    assert (file.reading.decimal, file.reading.thousands) == (".", "none")


def test_a_number_of_another_style_than_its_file_is_quarantined(tmp_path: Path) -> None:
    file = opened(tmp_path, b"id;price\n1;0,5\n2;1.500\n3;1.500,5\n", files={"thousands": "none"})
    assert [price for _, _, price in rows(file)] == [0.5, None, None]


def test_a_declared_column_that_comes_twice_is_refused_and_another_is_numbered(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInput, match="names price more than once"):
        list(opened(tmp_path, b"id,price,price\n1,2,3\n").parts())
    part = pl.concat(opened(tmp_path, b"id,y,y,y_2,y\n1,2,3,4,5\n").parts())
    assert json.loads(part[EXTRA][0]) == {"y": "2", "y_3": "3", "y_2": "4", "y_4": "5"}


def test_a_file_with_few_bytes_that_are_no_text_loses_only_their_rows(tmp_path: Path) -> None:
    good = "".join(f"{number},Zoë,1\n" for number in range(20)).encode()
    file = opened(tmp_path, b"id,name,price\n" + good + b"20,Zo\xeb,1\n21,x,1\n")
    part = pl.concat(file.parts())
    assert part["id"].to_list() == [*range(20), None, 21]
    assert "not utf-8 text" in json.loads(part[MALFORMED][20])["reason"]
    assert file.reading.broken_text


def _zip(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return body.getvalue()


HALF = len(PLAIN.encode()) // 2
PACKED = {
    "gzip": gzip.compress(PLAIN.encode(), mtime=0),
    "gzip of several members": gzip.compress(PLAIN.encode()[:HALF], mtime=0)
    + gzip.compress(PLAIN.encode()[HALF:], mtime=0),
    "zstd": zstandard.compress(PLAIN.encode()),
    "zstd of several frames": zstandard.compress(PLAIN.encode()[:HALF])
    + b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    + zstandard.compress(PLAIN.encode()[HALF:]),
    "zip": _zip({"data/a.csv": PLAIN.encode(), "__MACOSX/._a.csv": b"x"}),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst", "a.csv.zip", "a.zip"])
def test_a_packed_file_is_unpacked_whatever_its_name_says(
    tmp_path: Path, packed: str, name: str
) -> None:
    if name == "a.zip" and packed != "zip":
        with pytest.raises(InvalidInput, match="cannot be unpacked as zip"):
            rows(opened(tmp_path, PACKED[packed], name))
        return
    file = opened(tmp_path, PACKED[packed], name)
    assert rows(file) == ROWS
    assert file.reading.compression == packed.split()[0]


@pytest.mark.parametrize("packed", PACKED)
def test_a_packed_file_that_is_cut_off_anywhere_is_refused_and_no_row_of_it_lost(
    tmp_path: Path, packed: str
) -> None:
    body = PACKED[packed]
    whole = {len(body), len(PACKED["zstd of several frames"])}
    for size in range(4, len(body), 3):
        try:
            assert len(rows(opened(tmp_path, body[:size]))) == 2 or size in whole
        except InvalidInput as error:
            assert error.remedy
        else:
            assert body[:size] in (body, *(body[:end] for end in _ends(packed)))


def _ends(packed: str) -> list[int]:
    """Where a file of several members may end as well: behind the first of them."""
    return {
        "gzip of several members": [len(gzip.compress(PLAIN.encode()[:HALF], mtime=0))],
        "zstd of several frames": [
            len(zstandard.compress(PLAIN.encode()[:HALF])),
            len(zstandard.compress(PLAIN.encode()[:HALF])) + 12,
        ],
    }.get(packed, [])


def test_zstd_that_stands_for_very_much_is_unpacked_in_pieces(tmp_path: Path) -> None:
    body = b"id,name,price\n" + b"1,x,2\n" * 500_000
    packed = zstandard.compress(body)
    assert len(packed) < _PIECE
    file = opened(tmp_path, packed, "a.csv.zst", part_rows=100_000)
    assert [part.height for part in file.parts()] == [100_000] * 5


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": b"id\n1\n", "b.csv": b"id\n1\n"}, "holds 2 files: a.csv, b.csv"),
        ({}, "holds 0 files"),
        ({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}, "Excel"),
        ({"a.parquet": b"PAR1"}, "no CSV and no JSON lines"),
    ],
)
def test_an_archive_of_other_than_one_file_is_refused_by_name(
    tmp_path: Path, files: dict[str, bytes], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        rows(opened(tmp_path, _zip(files), "a.zip"))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"encoding": "rot13"}, "no encoding of text"),
        ({"encoding": "latin-99"}, "is no encoding"),
        ({"separator": ";;"}, "one character"),
        ({"separator": '"'}, "no quote"),
        ({"decimal": ",", "thousands": ","}, "are both"),
        ({"seperator": ";"}, "Extra inputs"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(fields: dict[str, str], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        dataset(files=fields)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    names=st.lists(CELL, min_size=1, max_size=6),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    preamble=st.integers(0, 3),
)
def test_what_was_written_in_a_dialect_is_read_from_it(
    tmp_path: Path, names: list[str], separator: str, encoding: str, preamble: int
) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    lines = ["some text here\n"] * preamble + [separator.join(["id", "name", "price"]) + "\n"]
    lines += [
        separator.join([f"{n}", quoted(f"_{name}_"), "1"]) + "\n" for n, name in enumerate(names)
    ]
    file = opened(tmp_path, "".join(lines).encode(encoding), part_rows=2)
    assert rows(file) == [(n, f"_{name}_", 1.0) for n, name in enumerate(names)]
