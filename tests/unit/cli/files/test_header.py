"""A header is known by what most of the first lines have in common."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.files.header import header_of
from ghosteam.errors import InvalidInput

CELL = st.text(
    st.characters(codec="latin-1", exclude_characters=",;\t|\r", exclude_categories=["Cc"])
    | st.sampled_from(['"', "\n", " "]),
    max_size=8,
)
ROWS = st.lists(st.tuples(st.just("x"), CELL, CELL), min_size=3, max_size=12)


@given(rows=ROWS, separator=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n"]))
def test_names_are_found_whatever_the_dialect(
    rows: list[tuple[str, ...]], separator: str, end: str
) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, lineterminator=end)
    writer.writerows([("kind", "größe", "a note"), *rows])
    lines = stream.getvalue().splitlines(keepends=True)
    assert header_of(lines) == ("kind", "größe", "a note")


def test_names_may_stand_in_single_quotes() -> None:
    lines = ["'votes'\t'TV news'\n", "1\t'a\tb'\n", "2\tc\n", "3\td\n", "4\te\n"]
    assert header_of(lines) == ("votes", "TV news")
    assert header_of(["'em,them'\n", "1,2\n", "3,4\n"]) == ("'em", "them'")


def test_lines_before_it_and_names_that_come_twice_are_no_names() -> None:
    lines = "Export of May\nmade by X\nid;row;row;;\n1;2;3;4;\n4;5;6;7;\n7;8;9;0;\n".splitlines()
    assert header_of(lines) == ("id", "column_4")
    padded = "Export of May,,,\n,,,\nid,at,,z\n1,2,3,4\n4,5,6,7\nTotal,,,11\n".splitlines()
    assert header_of(padded) == ("id", "at", "column_3", "z")


def test_years_and_hours_may_be_names() -> None:
    years = "country,1990,2000,2009\nA,1.5,2,7\nB,3,1.5,2\nC,,4,4\n"
    assert header_of(years.splitlines()) == ("country", "1990", "2000", "2009")
    hours = "0,1,2,3,y\n5,3,9,1,0\n2,2,8,4,1\n7,1,1,0,0\n"
    assert header_of(hours.splitlines()) == ("0", "1", "2", "3", "y")
    with pytest.raises(InvalidInput, match="looks like a row"):
        header_of("1,20,300\n2,30,400\n3,40,500\n".splitlines())


@pytest.mark.parametrize("text", ["5.1,3.5,0\n4.9,3.0,0\n4.7,3.2,1\n", "x,1,2\ny,3,4\nz,5,6\n"])
def test_a_file_without_a_header_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="looks like a row"):
        header_of(text.splitlines())


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n"])
def test_a_file_without_rows_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no rows"):
        header_of(text.splitlines())
