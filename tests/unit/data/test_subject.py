"""An entity's rows are found however its values are written, and nobody else's."""

from __future__ import annotations

import base64
import gzip
import json
from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.erase import parquet, without_rows
from ghosteam.data.subject import Subject
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem

PROBLEM = parse_problem("""
version: 1
problem: visits
task: binary
entities: {patient: [patient]}
event_time: at
target: {name: costly, expr: cost > 50, known_at: at + 1h}
datasets:
  visits: {role: events, columns: {patient: integer, at: timestamp, ward: string, cost: "number?"}}
features: {request: [ward]}
""")
SEVEN = Subject.of(PROBLEM, {"patient": "7"})
EAST = Subject.of(PROBLEM, {"patient": "7", "ward": "east wing"})
NAMED = Subject("visits", {"name": "maria-muster"})


@pytest.mark.parametrize(
    "cells", [[7, 8, None], ["7", "8", None], [" 7.0", "70", "x"], [7.0, 0, 1]]
)
def test_a_number_is_found_however_it_is_written(cells: list[object]) -> None:
    frame = pl.DataFrame({"patient": pl.Series(cells, strict=False)})
    assert SEVEN.rows(frame).to_list() == [True, False, False]


@pytest.mark.parametrize("number", [int, str])
def test_a_long_number_is_not_its_neighbour(number: type) -> None:
    """As floats they are equal."""
    long = Subject.of(PROBLEM, {"patient": "1234567890123456789"})
    cells = [number(1234567890123456789), number(1234567890123456788)]
    frame = pl.DataFrame({"patient": cells})
    assert long.rows(frame).to_list() == [True, False]
    assert [long.is_record({"patient": cell}) for cell in cells] == [True, False]


def test_all_columns_must_hold() -> None:
    frame = pl.DataFrame({"patient": [7, 7, 8], "ward": ["east wing ", "west", "east wing"]})
    assert EAST.rows(frame).to_list() == [True, False, False]
    assert EAST.rows(frame.drop("ward")).to_list() == [False] * 3


def test_a_row_is_found_in_the_structs_of_the_log_and_in_cells_that_could_not_be_read() -> None:
    log = pl.DataFrame({"event": [{"patient": 7.0}, {"patient": 8.0}], "features": [{"a": 1}] * 2})
    assert SEVEN.rows(log).to_list() == [True, False]
    raw = pl.DataFrame(
        {
            "patient": pl.Series([None, None, None, 7], dtype=pl.Int64),
            "_uncastable": ['{"patient": "7.0"}', '{"ward": "7"}', None, None],
            "_extra": [None, None, '{"patient": "7"}', None],
            "_malformed": [None] * 4,
        },
        schema_overrides={"_malformed": pl.String},
    )
    assert SEVEN.rows(raw).to_list() == [True, False, True, True]


@pytest.mark.parametrize(
    ("line", "own"), [("7,2024,x,y,z", True), ("17,2024", False), ("1.7,2", False), ("7.0,1", True)]
)
def test_a_line_that_could_not_be_split_is_found_by_whole_words(line: str, own: bool) -> None:
    raw = pl.DataFrame({"patient": [None], "_malformed": [json.dumps({"text": line})]})
    assert SEVEN.rows(raw).to_list() == [own]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("there were 7 rows", False),
        ('{"patient": 7, "ward": "x"}', True),
        ("patient=7", True),
        ("patient: 77", False),
        ("outpatient: 7", False),
    ],
)
def test_a_short_value_is_told_by_the_name_of_its_column(text: str, own: bool) -> None:
    assert SEVEN.is_in_text(text) is own


def test_a_long_value_tells_by_itself() -> None:
    assert NAMED.is_in_text("cannot read maria-muster,1") and not NAMED.is_in_text("maria-musters")


def test_the_same_entity_has_one_digest_that_says_nothing() -> None:
    assert SEVEN.identity == Subject.of(PROBLEM, {"patient": " 7.0 "}).identity
    assert SEVEN.identity != EAST.identity


def test_what_names_no_entity_is_refused() -> None:
    for values in ({}, {"cost": "x"}, {"at": "2024-01-01"}, {"who": "7"}, {"ward": " "}):
        with pytest.raises(InvalidInput):
            Subject.of(PROBLEM, values)


def test_a_document_loses_examples_and_texts_of_the_entity() -> None:
    document = {
        "examples": [{"event": {"name": "maria-muster"}}, {"event": {"name": "other"}}],
        "message": "no ward for maria-muster",
        "rows": 3,
    }
    assert NAMED.without(document) == (
        2,
        {"examples": [{"event": {"name": "other"}}], "message": "no ward for (erased)", "rows": 3},
    )


@pytest.mark.parametrize(
    ("subject", "own", "other"),
    [(NAMED, "maria-muster", "other"), (SEVEN, "7", "70"), (SEVEN, "7.0", "70.0")],
)
def test_a_document_loses_what_is_counted_under_the_entity_itself(
    subject: Subject, own: str, other: str
) -> None:
    [column] = subject.values
    document = {
        "categorical": {
            column: {"profile": {"counts": {own: 3, other: 4, "": 0}}, "null_rate": 0.0},
            "ward": {"profile": {"counts": {own: 5}}},
        },
        "slices": {f"{column}={own}": {"loss": 1.0}, f"{column}={other}": {"loss": 2.0}},
    }
    gone, left = subject.without(document)
    assert gone == 2
    assert left["categorical"][column]["profile"]["counts"] == {other: 4, "": 0}
    assert left["categorical"][column]["null_rate"] == 0.0
    assert left["categorical"]["ward"] == document["categorical"]["ward"]
    assert left["slices"] == {f"{column}={other}": {"loss": 2.0}}
    assert EAST.without(document) == (0, document)


def test_lines_of_others_stay_as_they_were() -> None:
    other, broken = b'{"values": {"patient": 8}}\n', b"{broken\n"
    torn = json.dumps({"values": {}, "reasons": [{"rule": "readable", "value": "7,1,2,3,4"}]})
    body = b'{"values": {"patient": "7"}}\n' + other + torn.encode() + b"\n" + broken
    left = without_rows("quarantine/x.jsonl", body, SEVEN)
    assert (left.rows, left.body) == (2, other + broken)
    zipped = without_rows("x.jsonl.gz", gzip.compress(body), SEVEN)
    assert zipped.body is not None and gzip.decompress(zipped.body) == other + broken
    assert without_rows("x.jsonl", b'{"values": {"patient": 7}}\n', SEVEN).body is None


@given(st.lists(st.integers(5, 9)), st.booleans())
def test_a_file_without_rows_is_the_same_whenever_it_is_cleaned(
    patients: list[int], nested: bool
) -> None:
    patient = pl.Series("patient", patients, dtype=pl.Int64)
    frame = pl.DataFrame({"n": range(len(patients))}).with_columns(
        patient.to_frame().to_struct("event") if nested else patient
    )
    body = parquet(frame)
    left = without_rows("x.parquet", body, SEVEN)
    assert left.body is not None and left.rows == patients.count(7)
    kept = pl.read_parquet(BytesIO(left.body))["n"].to_list()
    assert kept == [place for place, one in enumerate(patients) if one != 7]
    again = without_rows("x.parquet", left.body, SEVEN)
    assert (again.rows, again.body) == (0, left.body)


def test_bytes_of_no_known_form_go_whole_or_stay() -> None:
    text = b"broken {maria-muster"
    assert without_rows("objects/a", text, NAMED).body is None
    assert without_rows("objects/a", gzip.compress(text)[:-4], NAMED).body is None
    twice = gzip.compress(b"other ") + gzip.compress(text)
    assert without_rows("objects/a", twice, NAMED).body is None
    assert without_rows("objects/a", base64.b64encode(b"other"), NAMED).rows == 0
