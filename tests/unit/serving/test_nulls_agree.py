"""What is null in a file is null in a request, or refused there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ghosteam.data.convert import convert
from ghosteam.data.frames import UNCASTABLE
from ghosteam.data.read import read_batches
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.request import request_model

TEXT = """
version: 1
problem: sales
task: binary
entities: {{sale: [sale]}}
event_time: at
target: {{name: good, expr: amount > 5, known_at: at + 1h}}
datasets:
  sales:
    role: events
    {markers}
    columns:
      sale: integer
      at: timestamp
      amount: number?
      region: {{type: string{nullable}{region}}}
      rooms: {{type: integer{nullable}{rooms}}}
      price: {{type: number{nullable}{rooms}}}
      sold: {{type: boolean{nullable}{rooms}}}
      built: {{type: timestamp, unit: seconds{nullable}{rooms}}}
features: {{request: [region, rooms, price, sold, built]}}
"""
REFUSED = object()
MARKERS = ["", "null_values: [NA, -999]", 'null_values: [""]', "null_values: []"]
OF_TEXT = [
    "",
    ", null_values: [NA, n/a, 0]",
    ', values: [NA, EMEA, "7"]',
    ", null_values: []",
]
OF_NUMBERS = ["", ", null_values: [-999, 1e3, unknown]", ", null_values: []"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["", " ", "NA", " NA\t", "n/a", "EMEA", "-999", "\x1c", "\u3000"]
)
NUMBERS = st.sampled_from([-999, -999.0, 1000, 1000.0, 0]) | st.integers(-9999, 9999) | st.floats()
WORDS = st.sampled_from(["", " ", "NA", " unknown", "-999", "2024-03-01T00:00:00Z"])
WHOLE = st.sampled_from([-999, -999.0, 1000, 1000.0, 0]) | st.integers(-9999, 9999)


def asked(problem: Problem, row: dict[str, Any], column: str) -> Any:
    try:
        answer = request_model(problem).model_validate({"instances": [row]})
    except ValidationError as error:
        # Only the column that is looked at decides: the others have values that are never null.
        assert all(str(fault["loc"][-1]) == column for fault in error.errors())
        return REFUSED
    return answer.model_dump(by_alias=True)["instances"][0][column]


def landed(path: Path, problem: Problem, row: dict[str, Any], column: str) -> Any:
    path.write_text(json.dumps({**row, "amount": 1.0}) + "\n")
    [cells] = read_batches(path, "jsonl", 10, texts=problem.events.texts)
    frame = convert(cells, problem.events)
    value = frame[column][0]
    unreadable = frame[UNCASTABLE][0] is not None
    no_null = value is None and not problem.events.columns[column].nullable
    return REFUSED if unreadable or no_null else value


@given(
    markers=st.sampled_from(MARKERS),
    nullable=st.booleans(),
    region=st.sampled_from(OF_TEXT),
    rooms=st.sampled_from(OF_NUMBERS),
    change=st.tuples(st.just("region"), TEXTS | NUMBERS)
    | st.tuples(st.sampled_from(["rooms", "price", "sold"]), NUMBERS | WORDS | st.booleans())
    | st.tuples(st.just("built"), WHOLE | WORDS | st.booleans()),
)
@example("", True, "", "", ("region", "NA"))
@example("null_values: [NA]", True, ", values: [NA, EMEA]", "", ("region", "NA"))
@example("", True, "", ", null_values: [-999]", ("price", -999.0))
@example("", False, "", ", null_values: [-999]", ("rooms", -999))
@example("", True, "", "", ("rooms", "NA"))
@example("", True, ", null_values: [0]", "", ("region", 0))
@example("", True, ', values: ["7"]', "", ("region", 7.0))
@example("", True, "", ", null_values: [-999]", ("built", -999.0))
@example("", True, "", ", null_values: [-999]", ("sold", -999))
@example("", True, "", "", ("sold", 1.0))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_accepted_value_means_what_the_same_value_in_a_file_means(
    tmp_path: Path,
    markers: str,
    nullable: bool,
    region: str,
    rooms: str,
    change: tuple[str, Any],
) -> None:
    says = ", nullable: true" if nullable else ""
    problem = parse_problem(TEXT.format(markers=markers, nullable=says, region=region, rooms=rooms))
    column, value = change
    row = {
        "sale": 1,
        "at": "2024-03-01T00:00:00Z",
        "region": "EMEA",
        "rooms": 1,
        "price": 2.0,
        "sold": True,
        "built": 1e9,
        column: value,
    }
    answer = asked(problem, row, column)
    known = problem.events.columns[column].values
    in_a_file = landed(tmp_path / "rows.jsonl", problem, row, column)
    if answer is REFUSED and known and in_a_file not in known:
        return  # Which values there may be is the contract's part of a file.
    if answer is REFUSED and column != "region" and isinstance(value, str):
        assert in_a_file is not None  # a number in a text, which only a file may write
        return
    assert answer == in_a_file


@pytest.mark.parametrize("nullable", [True, False])
def test_namibia_is_no_missing_value_unless_it_is_declared_so(nullable: bool) -> None:
    says = ", nullable: true" if nullable else ""
    silent = parse_problem(TEXT.format(markers="", nullable=says, region="", rooms=""))
    row = {"sale": 1, "at": "2024-03-01T00:00:00Z", "region": "NA", "rooms": 1, "price": 2.0}
    row |= {"sold": True, "built": 1e9}
    assert asked(silent, row, "region") == "NA"
    declared = TEXT.format(markers="null_values: [NA]", nullable=says, region="", rooms="")
    assert asked(parse_problem(declared), row, "region") is (None if nullable else REFUSED)
