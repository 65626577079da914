"""How suites are judged, by the real Great Expectations."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ghosteam.data.expectation_types import TYPES
from tests.contract.containers import ROOT, python_of

PYTHON = python_of("expectations")
CORE = ROOT / "layers/core/python"
pytestmark = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="Great Expectations is not installed: ./ghosteam test --long installs it",
)
SQL_ONLY = {
    "expect_column_values_to_match_like_pattern",
    "expect_column_values_to_match_like_pattern_list",
    "expect_column_values_to_not_match_like_pattern",
    "expect_column_values_to_not_match_like_pattern_list",
    "expect_query_results_to_match_comparison",
    "expect_table_row_count_to_equal_other_table",
    "unexpected_rows_expectation",
}
SECRET = "Ms <b>Nobody</b>"
JUDGE = """
import json, sys
import polars as pl
from check_expectations import judge
asked = json.load(open(sys.argv[1]))
rows, private = pl.read_parquet(sys.argv[2]), set(asked["private"])
said = judge(asked["suite"], rows, private=private, file="expectations.json")
print(json.dumps({**vars(said), "failed": list(said.failed)}))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PYTHON), *arguments],
        env={"PYTHONPATH": f"{CORE}:{ROOT / 'training_jobs'}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def judged(folder: Path, rows: pl.DataFrame, *expectations: Any, private: Any = ()) -> Any:
    suite = {"name": "any", "expectations": expectations, "meta": {}}
    (folder / "asked.json").write_text(json.dumps({"suite": suite, "private": list(private)}))
    rows.write_parquet(folder / "rows.parquet")
    done = run(folder, "-c", JUDGE, str(folder / "asked.json"), str(folder / "rows.parquet"))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def expect(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs}


def test_a_suite_may_hold_all_that_the_library_has_for_tables_in_memory(tmp_path: Path) -> None:
    code = (
        "from great_expectations.expectations.registry import *\n"
        "import great_expectations.expectations.core\n"
        "print(*list_registered_expectation_implementations())"
    )
    known = set(run(tmp_path, "-c", code).stdout.split())
    assert known - SQL_ONLY == TYPES


def test_what_is_not_met_is_told_without_a_value_of_a_row(tmp_path: Path) -> None:
    rows = pl.DataFrame({"age": [1, 2, None, 400], "name": [SECRET, "b", "c", "d"]})
    said = judged(
        tmp_path,
        rows,
        expect("column_values_to_be_between", column="age", max_value=120),
        expect("column_values_to_not_be_null", column="name"),
        expect("column_values_to_be_in_set", column="name", value_set=["b", "c"]),
        expect("column_max_to_be_between", column="age", max_value=120),
        expect("column_most_common_value_to_be_in_set", column="name", value_set=["b"]),
        private=["name"],
    )
    assert sorted(said["failed"]) == [
        "expect_column_max_to_be_between of age: found 400.0",
        "expect_column_most_common_value_to_be_in_set of name",
        "expect_column_values_to_be_between of age: 1 of 4 rows",
        "expect_column_values_to_be_in_set of name",
    ]
    assert (said["expectations"], said["library"].partition(".")[0]) == (5, "1")
    page = said["page"]
    assert "Nobody" not in page and "age" in page
    assert ">400<" in page, "what was found is written"
    policy = page.index("default-src 'none'")
    assert policy < page.index("<script") and policy < page.index("<link")


def test_every_type_of_column_reaches_the_library_as_what_it_is(tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "at": ["2026-01-01T00:00:00", None],
            "day": ["2026-01-01", "2026-01-02"],
            "flag": [True, False],
            "count": [1, None],
            "share": [0.5, float("inf")],
        }
    ).with_columns(
        pl.col("at").str.to_datetime(time_zone="UTC"),
        pl.col("day").str.to_date(),
        pl.col("count").cast(pl.Int64),
    )
    said = judged(
        tmp_path,
        rows,
        expect("column_values_to_be_between", column="at", min_value="2020-01-01T00:00:00Z"),
        expect("column_values_to_be_in_set", column="flag", value_set=[True, False]),
        expect("column_values_to_not_be_null", column="day"),
        expect("column_values_to_not_be_null", column="count", mostly=0.5),
        expect("column_values_to_be_in_set", column="count", value_set=[1]),
        expect("column_min_to_be_between", column="share", min_value=0.5),
        expect("table_row_count_to_equal", value=2),
    )
    assert said["failed"] == []


def test_what_the_library_cannot_compute_is_told_as_not_met(tmp_path: Path) -> None:
    rows = pl.DataFrame({"name": ["a", "b"]})
    said = judged(tmp_path, rows, expect("column_mean_to_be_between", column="name", max_value=1))
    [line] = said["failed"]
    assert line.startswith("expect_column_mean_to_be_between of name: ") and "\n" not in line


def test_a_suite_that_the_library_refuses_is_a_defect(tmp_path: Path) -> None:
    suite = {"expectations": [expect("column_to_exist", colum="a")]}
    (tmp_path / "asked.json").write_text(json.dumps({"suite": suite, "private": []}))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "rows.parquet")
    done = run(tmp_path, "-c", JUDGE, str(tmp_path / "asked.json"), str(tmp_path / "rows.parquet"))
    assert done.returncode and "Great Expectations refuses the suite" in done.stderr
