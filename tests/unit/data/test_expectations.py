"""A suite of Great Expectations is checked without the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ghosteam.data.expectations import check_suites, have_suites
from tests.builders import flights_problem

PROBLEMS = {"flights": flights_problem()}
GOOD = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "origin"}}
BAD_COLUMN = {"type": "expect_column_to_exist", "kwargs": {"column": "orign"}}


def suite(*expectations: Any) -> str:
    return json.dumps({"name": "any", "expectations": expectations}, indent="\t")


def faults(tmp_path: Path, text: str | bytes, name: str = "flights.json") -> list[str]:
    folder = tmp_path / "flights" / "expectations"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return [
        f"{one.where.get('line')} {one.where.get('field')} {one.message}. {one.remedy}"
        for one in check_suites(PROBLEMS, tmp_path)
        if one.where["file"] == f"flights/expectations/{name}"
    ]


def test_a_good_suite_has_no_faults(tmp_path: Path) -> None:
    assert not have_suites(PROBLEMS, tmp_path)
    assert faults(tmp_path, suite(GOOD)) == []
    assert have_suites(PROBLEMS, tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (suite(GOOD, {**GOOD, "type": "expect_column_values_to_not_be_nul"}),
         ["11 expectations.1.type There is no expectation 'expect_column_values_to_not_be_nul'. "
          "Did you mean 'expect_column_values_to_not_be_null'?"]),
        (suite(BAD_COLUMN),
         ["6 expectations.0.kwargs There is no column 'orign'. Did you mean 'origin'?"]),
        (suite({"expectation_type": GOOD["type"], "kwargs": {}}),
         ["5 expectations.0.expectation_type The suite is of Great Expectations 0. Save the suite "
          "with Great Expectations 1, or rename the field to 'type'"]),
        (suite("x"), ["4 expectations.0 The expectation is no mapping. "
                      'Write {"type": …, "kwargs": {…}}']),
    ],
)  # fmt: skip
def test_every_fault_has_its_line_and_field(tmp_path: Path, text: str, told: list[str]) -> None:
    assert faults(tmp_path, text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{\n'a': 1}", "2 None The file is no JSON"),
        (b"\xff", "None None The file is no JSON"),
        ("[]", "1 (whole file) The suite holds no list 'expectations'"),
        ('{"expectations": []}', "1 (whole file) The suite holds no list 'expectations'"),
        (suite({**BAD_COLUMN, "meta": "\U0001f600"}), "1 expectations.0.kwargs There is no column"),
    ],
)
def test_what_is_no_suite_is_told(tmp_path: Path, text: str | bytes, told: str) -> None:
    [fault] = faults(tmp_path, text)
    assert fault.startswith(told)


@pytest.mark.parametrize("name", ["flihgts.json", "flights.yaml"])
def test_a_file_that_is_named_for_no_data_set_is_told(tmp_path: Path, name: str) -> None:
    [fault] = faults(tmp_path, suite(GOOD), name)
    assert "named for no data set. Name it <data set>.json; data sets are flights, " in fault
