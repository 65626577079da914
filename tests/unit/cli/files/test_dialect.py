"""CSV of any dialect is read to the same cells, and what is odd about it is said."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.files.dialect import decoded, split, tidy_names
from ghosteam.errors import InvalidInput
from ghosteam.problem.reserved import RESERVED

CELL = st.text(
    st.characters(codec="latin-1", exclude_characters=",;\t|\r", exclude_categories=["Cc"])
    | st.sampled_from(['"', "\n", " "]),
    max_size=8,
)
ROWS = st.lists(st.tuples(st.just("x"), CELL, CELL), min_size=3, max_size=12)


def written(rows: list[tuple[str, ...]], separator: str, end: str = "\n") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=separator, lineterminator=end).writerows(rows)
    return stream.getvalue()


@given(
    rows=ROWS,
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_cells_are_read_whatever_the_dialect(
    rows: list[tuple[str, ...]], separator: str, end: str, encoding: str
) -> None:
    text = written([("kind", "größe", "a note"), *rows], separator, end)
    found = split(decoded(text.encode(encoding)).text)
    assert found.rows.columns == ["kind", "größe", "a note"]
    read = [tuple(cell or "" for cell in row) for row in found.rows.iter_rows()]
    assert read == [tuple(row) for row in rows]
    assert bool(found.odd) == (separator != ",") and not found.other


def test_what_is_odd_is_said_in_words() -> None:
    text = "Export of May\nmade by X\nid;row;row;\n1;2;3;\n4;5;6;\n7;8;9;\n"
    found = split(text)
    assert found.odd == (
        "cells are separated by semicolons",
        "2 lines before the header",
        "each line ends in a separator",
        "the column 'row' is called 'row_value'",
        "the column 'row' is called 'row_2'",
    )
    assert found.rows.to_dicts()[0] == {"id": "1", "row_value": "2", "row_2": "3"}


def test_lines_of_another_length_are_counted_and_no_rows() -> None:
    found = split("a,b\n1,2\n3\n4,5,6\n7,8\n9,10\n")
    assert found.other == 2
    assert found.rows["a"].to_list() == ["1", "7", "9"]


@pytest.mark.parametrize("text", ["5.1,3.5,0\n4.9,3.0,0\n4.7,3.2,1\n", "x,1,2\ny,3,4\nz,5,6\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="looks like a row"):
        split(text)


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n"])
def test_a_file_without_rows_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no rows"):
        split(text)


@given(st.lists(st.sampled_from(["a", "a_2", "", " a ", "target", "row", "row_value"]), min_size=1))
def test_names_differ_and_none_is_the_projects_own(header: list[str]) -> None:
    names, renamed = tidy_names(header)
    assert len({*names}) == len(header) and not {*names} & RESERVED
    kept = [name for name, old in zip(names, header, strict=True) if name == old.strip()]
    assert len(kept) + len(renamed) + sum(not old.strip() for old in header) >= len(header)
