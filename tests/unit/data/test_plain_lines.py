"""Lines that are split at once have the cells that the csv module sees in them."""

from __future__ import annotations

import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data import lines as lines_module
from ghosteam.data.csv_rows import read_csv
from ghosteam.data.frames import MALFORMED, ROW
from ghosteam.data.lines import Lines
from ghosteam.data.plain_lines import Block, PlainRows
from ghosteam.documents.file_dialect import FileDialect

PLAIN = FileDialect("csv", encoding="utf-8", separator=",", quote='"')
_MARKS = [
    ",",
    ";",
    '"',
    "'",
    "\n",
    "\r",
    "\r\n",
    " ",
    "\t",
    "\0",
    "\\",
    "é",
    "日",
    "\ufeff",
    "a",
    "1",
]
TEXT = st.lists(st.sampled_from(_MARKS), max_size=40).map("".join)
READING = st.builds(
    FileDialect,
    st.just("csv"),
    encoding=st.just("utf-8"),
    separator=st.sampled_from([",", ";", "\t", " ", "日"]),
    quote=st.sampled_from(['"', "'", None]),
    escape=st.sampled_from([None, None, "\\"]),
    trailing=st.booleans(),
)


@given(TEXT)
def test_a_block_has_the_lines_of_its_text(text: str) -> None:
    block = Block(text)
    assert len(block) == len(block.lines)
    assert "".join(block.lines) == text
    bare = [line.rstrip("\r\n") for line in block.lines]
    assert block.widths.tolist() == [len(line.encode()) for line in bare]


@given(TEXT, READING, st.integers(1, 4))
def test_rows_that_are_split_at_once_are_those_of_the_csv_module(
    text: str, reading: FileDialect, width: int
) -> None:
    block = Block(text)
    plain = PlainRows(block, reading, [f"c{number}" for number in range(width)])
    settings = {
        "delimiter": reading.separator,
        "quotechar": reading.quote,
        "quoting": csv.QUOTE_MINIMAL if reading.quote else csv.QUOTE_NONE,
        "escapechar": reading.escape,
    }
    expected = []
    for line, is_alone in zip(block.lines, plain.alone, strict=True):
        if is_alone:
            [cells] = csv.reader([line], strict=True, **settings)
            assert len(cells) == width or (reading.trailing and cells[width:] == [""])
            expected.append(tuple(cells[:width]))
    found = plain.cells().rows()
    # What the library passes over, such as a line of blanks, is told by the number of rows.
    assert found == expected or len(found) < len(expected)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_well_written_rows_are_split_at_once_whatever_they_hold(
    rows: list[tuple[str, str]], end: str
) -> None:
    body = io.StringIO(newline="")
    csv.writer(body, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    [*parts] = read_csv(Lines(io.StringIO(body.getvalue(), newline="")), 3, PLAIN, None)
    found = pl.concat(parts) if parts else pl.DataFrame(schema=["a", "b", MALFORMED])
    assert found.select("a", "b").rows() == rows
    assert found[MALFORMED].null_count() == len(rows)
    one_line = [not {"\n", "\r", "\0"} & {*a, *b} for a, b in rows]
    block = Block(body.getvalue().removeprefix('"a","b"' + end))
    assert PlainRows(block, PLAIN, ["a", "b"]).alone.sum() >= sum(one_line)


@given(TEXT, st.integers(1, 5), st.integers(1, 30))
def test_where_a_block_ends_changes_no_row(text: str, part_rows: int, size: int) -> None:
    def rows_of(block: int) -> list[tuple[object, ...]]:
        usual, lines_module._BLOCK = lines_module._BLOCK, block
        try:
            lines = Lines(io.StringIO("a,b\n" + text, newline=""))
            parts = list(read_csv(lines, part_rows, PLAIN, None))
        finally:
            lines_module._BLOCK = usual
        assert all(part.height <= part_rows for part in parts)
        rows = pl.concat(parts).rows() if parts else []
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        assert not parts or parts[0].columns[0] == ROW
        return rows

    assert rows_of(size) == rows_of(1 << 22)
