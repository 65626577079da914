from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ghosteam.data.formats import format_of
from ghosteam.data.read import MALFORMED, MISFIT, ROW, read_batches
from ghosteam.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _write(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return path


def _read(folder: Path, name: str, body: bytes, part_rows: int = 100) -> pl.DataFrame:
    return pl.concat(
        read_batches(_write(folder, name, body), format_of(name), part_rows), how="diagonal"
    )


def _fault(folder: Path, name: str, body: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        _read(folder, name, body)
    return caught.value


@pytest.mark.parametrize("name", ["a.csv", "a.CSV.gz"])
def test_csv_rows_are_text_and_numbered_from_one(tmp_path: Path, name: str) -> None:
    frame = _read(tmp_path, name.lower(), b"\xef\xbb\xbfa,b\n1,x\n\n2,\n")
    assert frame.to_dicts() == [
        {ROW: 1, "a": "1", "b": "x", MALFORMED: None, MISFIT: None},
        {ROW: 2, "a": "2", "b": "", MALFORMED: None, MISFIT: None},
    ]


def test_a_ragged_line_becomes_a_bad_row_that_quotes_the_line(tmp_path: Path) -> None:
    frame = _read(tmp_path, "a.csv", b"a,b\n1,x\n2\n3,y,z\n4,w\n")
    assert frame["a"].to_list() == ["1", None, None, "4"]
    faults = [json.loads(text) if text else None for text in frame[MALFORMED]]
    assert faults[1] is not None
    assert faults[2] is not None
    assert faults[1] == {"reason": "The line has 1 cells, the header 2", "text": "2"}
    assert faults[2]["text"] == "3,y,z"
    assert faults[0] is faults[3] is None


def test_a_line_with_a_stray_quote_becomes_a_bad_row_and_the_next_ones_are_read(
    tmp_path: Path,
) -> None:
    frame = _read(tmp_path, "a.csv", b'a,b\n1,"x"y\n2,z\n')
    assert frame["a"].to_list() == [None, "2"]
    assert '1,"x"y' in json.loads(frame[MALFORMED][0])["text"]


@pytest.mark.parametrize("end", [b"", b'5,"k"l\n', b'5,"k\n'])
def test_a_quote_that_does_not_end_takes_no_other_row_with_it(tmp_path: Path, end: bytes) -> None:
    frame = _read(tmp_path, "a.csv", b'a,b\n1,x\n2,"y\n3,z\n4,z\n' + end)
    assert frame["a"].to_list()[:4] == ["1", None, "3", "4"]
    assert frame.height == 4 + bool(end)
    fault = json.loads(frame[MALFORMED][1])
    assert fault["text"] == '2,"y'
    assert "does not end" in fault["reason"]


def test_a_broken_cell_of_several_lines_is_one_bad_row_with_its_whole_text(tmp_path: Path) -> None:
    body = b'a,b\n1,"x\n1,2\nlast "one" here"\n2,z\n'
    frame = _read(tmp_path, "a.csv", body)
    assert frame["a"].to_list() == [None, "2"]
    assert json.loads(frame[MALFORMED][0])["text"] == '1,"x\n1,2\nlast "one" here"'


def test_json_lines_take_columns_from_all_rows_and_keep_bad_lines_as_bad_rows(
    tmp_path: Path,
) -> None:
    body = b'{"a": 1, "b": true}\nnot json\n[1]\n{"a": 0.1, "c": {"d": 1}}\n{"a": "\\ud800"}\n'
    frame = _read(tmp_path, "a.jsonl", body)
    assert frame["a"].to_list() == ["1", None, None, "0.1", None]
    assert frame["b"].to_list()[0] == "true"
    assert json.loads(frame["c"][3]) == {"d": 1}
    assert [text is not None for text in frame[MALFORMED]] == [False, True, True, False, True]
    assert "surrogates" in json.loads(frame[MALFORMED][4])["reason"]


def test_parquet_reads_as_the_text_that_a_csv_file_would_hold(tmp_path: Path) -> None:
    moment = datetime(2013, 1, 1, 10, tzinfo=UTC)
    columns = {
        "i": [5, None],
        "f": [0.1, 2.0],
        "s": ["x", ""],
        "t": [moment, None],
        "b": [True, False],
        "l": [[1, 2], None],
    }
    path = tmp_path / "a.parquet"
    pl.DataFrame(columns).write_parquet(path)
    frame = pl.concat(read_batches(path, "parquet", 1))
    assert frame[ROW].to_list() == [1, 2]
    assert frame.row(0)[1:-2] == ("5", "0.1", "x", "2013-01-01T10:00:00.000000Z", "true", "[1, 2]")
    assert frame.row(1)[1:-2] == (None, "2.0", "", None, "false", None)


def test_a_number_that_a_file_holds_as_bytes_is_that_number_and_other_bytes_are_none(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"seats": [b"101", b"\x80\x12", None]}).write_parquet(path)
    [frame] = read_batches(path, "parquet", 10)
    assert frame["seats"].to_list() == ["101", "0x8012", None]


@pytest.mark.parametrize("texts", [(), ("lasted",)])
def test_a_length_of_time_is_a_cell_like_another(tmp_path: Path, texts: tuple[str, ...]) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"id": [1], "lasted": [timedelta(hours=1)]}).write_parquet(path)
    [frame] = read_batches(path, "parquet", 10, texts=texts)
    misfit = json.loads(frame[MISFIT][0] or "{}")
    assert (frame["id"][0], frame["lasted"][0] or misfit["lasted"]) == ("1", "1:00:00")
    assert bool(misfit) == bool(texts)


@pytest.mark.parametrize(
    ("name", "body", "message", "remedy"),
    [
        ("a.csv", b"", "no rows", "header"),
        ("a.csv", b"\xef\xbb\xbf\n\n", "no rows", "empty: allowed"),
        ("a.csv.gz", b"", "no rows", "header"),
        ("a.parquet", b"", "no rows", "header"),
        ("a.csv", b",,\n1,2,3\n", "no names", "first line"),
        ("a.csv", b"a,b\n", "no rows", "at least one row"),
        ("a.jsonl", b"\n\n", "no rows", "at least one row"),
        ("a.csv", b"\xff\xfea\x00,", "not utf-16 text", "Save it as UTF-8"),
        ("a.csv", "名前,b\n山田,太郎\n".encode("shift_jis"), "cannot be told", "shift_jis"),
        ("a.csv", b"a,_row\n1,2\n", "'_row' is reserved", "Rename"),
        ("a.parquet", b"not parquet at all", "cannot be read as parquet", "drop it again"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, name: str, body: bytes, message: str, remedy: str
) -> None:
    fault = _fault(tmp_path, name, body)
    assert message in fault.message
    assert remedy in fault.remedy


def test_a_compressed_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a\n" + b"1\n" * 5000)[:-12])
    with pytest.raises(InvalidInput, match="cannot be unpacked as gzip"):
        list(read_batches(path, "csv.gz", 100))


def test_an_unknown_format_names_those_that_are_known() -> None:
    with pytest.raises(InvalidInput, match=r"\.csv\.gz.*\.parquet"):
        format_of("table.xlsx")


def test_parts_hold_at_most_the_rows_asked_for(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.csv", b"a\n" + b"".join(b"%d\n" % n for n in range(25)))
    parts = list(read_batches(path, "csv", 10))
    assert [part.height for part in parts] == [10, 10, 5]
    assert pl.concat(parts)[ROW].to_list() == list(range(1, 26))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), part_rows=st.integers(1, 4))
def test_what_the_csv_module_writes_is_read_back(
    tmp_path: Path, rows: list[tuple[str, str]], part_rows: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    frame = _read(tmp_path, "a.csv", text.getvalue().encode(), part_rows)
    assert list(frame.select("a", "b").iter_rows()) == rows
    assert frame[MALFORMED].null_count() == len(rows)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(
    rows=st.lists(
        st.one_of(st.none(), TEXT, st.integers(), st.booleans(), st.floats(allow_nan=False)),
        min_size=1,
        max_size=8,
    )
)
def test_json_scalars_are_read_as_their_text(tmp_path: Path, rows: list[Any]) -> None:
    frame = _read(
        tmp_path, "a.jsonl", "".join(json.dumps({"a": value}) + "\n" for value in rows).encode()
    )
    read = [
        value if isinstance(given, str | None) else json.loads(_json(value))
        for value, given in zip(frame["a"], rows, strict=True)
    ]
    assert read == rows


def _json(text: str) -> str:
    return {"inf": "Infinity", "-inf": "-Infinity"}.get(text, text)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100
)
@given(body=st.binary(max_size=60), name=st.sampled_from(["a.csv", "a.jsonl", "a.parquet"]))
def test_any_bytes_are_either_read_or_refused_as_invalid(
    tmp_path: Path, body: bytes, name: str
) -> None:
    try:
        frames = list(read_batches(_write(tmp_path, name, body), format_of(name), 3))
    except InvalidInput as error:
        assert error.remedy
    else:
        assert sum(frame.height for frame in frames) > 0


def test_a_text_column_of_a_typed_file_takes_text_bytes_and_whole_numbers_and_no_others(
    tmp_path: Path,
) -> None:
    lines = (
        b'{"id":"7"}\n{"id":7}\n{"id":7.0}\n{"id":7.5}\n{"id":true}\n{"id":["a"]}\n{"id":null}\n'
    )
    path = _write(tmp_path, "a.jsonl", lines)
    frame = pl.concat(read_batches(path, "jsonl", 100, texts={"id"}))
    assert frame["id"].to_list() == ["7", "7", "7", None, None, None, None]
    kept = [json.loads(text)["id"] if text else None for text in frame[MISFIT]]
    assert kept == [None, None, None, "7.5", "true", '["a"]', None]


@pytest.mark.parametrize(
    ("values", "texts", "misfits"),
    [
        (pl.Series([101.0, 102.0, None]), ["101", "102", None], [None] * 3),
        (pl.Series([101.5, float("nan"), 1e300]), [None] * 3, ["101.5", "nan", "1e+300"]),
        (pl.Series([b"N14228", b"\xff"]), ["N14228", None], [None, "0xff"]),
        (pl.Series([True, None]), [None, None], ["true", None]),
        (pl.Series([["a"], None]), [None, None], ['["a"]', None]),
        (pl.Series([2**53 + 1, -1]), ["9007199254740993", "-1"], [None] * 2),
        (
            pl.Series(["7.00", "7.50"]).cast(pl.Decimal(9, 2)),
            ["7", None],
            [None, "Decimal('7.50')"],
        ),
        (pl.Series(["a"], dtype=pl.Categorical), ["a"], [None]),
    ],
)
def test_a_text_column_of_a_parquet_file_keeps_what_its_type_says(
    tmp_path: Path, values: pl.Series, texts: list[str | None], misfits: list[str | None]
) -> None:
    pl.DataFrame({"id": values}).write_parquet(tmp_path / "a.parquet")
    frame = pl.concat(read_batches(tmp_path / "a.parquet", "parquet", 100, texts={"id"}))
    assert frame["id"].to_list() == texts
    assert [json.loads(text)["id"] if text else None for text in frame[MISFIT]] == misfits
