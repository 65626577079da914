"""How files are written is checked when a specification is read, at its line."""

from __future__ import annotations

import pytest

from ghosteam.problem.definition import read, written
from ghosteam.problem.load import parse_problem
from ghosteam.problem.reserved import BESIDE_CELLS, BESIDE_ROWS
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

WITH_ID = ("role: events", "role: events\n    id: [station]")


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("starts: timestamp", "starts: {type: timestamp, format: '%d.%m.%y'}", "format", "century"),
        (
            "starts: timestamp",
            "starts: {type: timestamp, format: '%d.%m.%Y', unit: seconds}",
            "rides.columns.starts",
            "not both",
        ),
        (
            "  station: string",
            "  station: {type: string, format: '%Y%m%d'}",
            "station",
            "format needs",
        ),
        ("  station: string", "  station: {type: string, symbol: '%'}", "station", "symbol needs"),
        ("late: number", "late: {type: number, symbol: '5'}", "late.symbol", "is no symbol"),
        ("late: number", "late: {type: number, thousands: '.'}", "columns.late", "are both '.'"),
        ("late: number", "late: {type: number, from: station}", "late.from", "'station' in files"),
        ("late: number", "late: {type: number, from: ' a'}", "late.from", "blanks around"),
        ("late: number", "late: {type: number, from: _row}", "late.from", "the project itself"),
        ("late: number", "late: {type: number, made_of: content}", "late", "is a string"),
        (
            "  station: string",
            "  station: {type: string, made_of: content}",
            "made_of",
            "of the 'id'",
        ),
        ("  station: string", "  station: {type: string, made_of: all}", "made_of", "content"),
        (
            "columns: {station: string,",
            "columns: {station: {type: string, made_of: content},",
            "made_of",
            "of the 'id'",
        ),
    ],
)
def test_what_cannot_be_meant_of_files_is_refused(
    old: str, new: str, field: str, says: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert field in str(fault.where["field"]) and isinstance(fault.where["line"], int)
    assert says in fault.message and fault.remedy


def test_two_columns_cannot_be_one_of_a_file() -> None:
    columns = "late: {type: number, from: X}\n      early: {type: number, from: X}"
    [fault] = faults_of(TEXT, ("late: number", columns))
    assert fault.where["field"] == "datasets.rides.columns.early.from"
    assert fault.where["line"] == TEXT.splitlines().index("      late: number") + 2


@pytest.mark.parametrize("name", sorted(BESIDE_ROWS - {*BESIDE_CELLS}))
def test_a_name_that_stands_beside_columns_is_no_columns_and_may_be_one_in_files(name: str) -> None:
    [fault] = faults_of(TEXT, ("weekend: boolean", f"{name}: boolean"))
    assert "the project itself uses" in fault.message and f"'from: {name}'" in fault.remedy
    there = TEXT.replace("late: number", f"late: {{type: number, from: {name}}}")
    assert parse_problem(there).events.columns["late"].from_ == name


def test_a_definition_with_these_fields_is_read_as_it_was_written() -> None:
    text = TEXT.replace(*WITH_ID).replace(
        "  station: string", "  station: {type: string, from: S}", 1
    )
    text = text.replace("late: number", 'late: {type: number, symbol: "%", decimal: ","}')
    problem = parse_problem(text)
    assert problem.events.columns["station"].from_ == "S"
    assert read(written(problem)) == problem
    made = text.replace("from: S", "made_of: content")
    assert read(written(parse_problem(made))) == parse_problem(made)
