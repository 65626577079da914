"""The job that runs suites, with the real Great Expectations, as a process of its image."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from moto.server import ThreadedMotoServer

from ghosteam.data.expectation_types import TYPES
from ghosteam.documents import keys
from ghosteam.documents.expectations_result import ExpectationsResult
from tests.accounts import CREDENTIALS
from tests.builders import REPOSITORY, flights, flights_problem

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".ghosteam/env/expectations/bin/python"
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
said = judge(asked["suite"], pl.read_parquet(sys.argv[2]), private=set(asked["private"]))
print(json.dumps({**vars(said), "failed": list(said.failed)}))
"""


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    place = {"PYTHONPATH": f"{CORE}:{ROOT / 'training_jobs'}", "HOME": str(folder)}
    return subprocess.run(
        [str(PYTHON), *arguments],
        env={**place, **variables},
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


@pytest.fixture
def account() -> Iterator[str]:
    """The address of an account that answers other processes."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_the_job_leaves_a_result_and_data_docs_of_the_batch(tmp_path: Path, account: str) -> None:
    credentials = {"region_name": "us-east-1", "endpoint_url": account}
    session = boto3.Session("testing", "testing")
    s3, events = session.client("s3", **credentials), session.client("events", **credentials)
    s3.create_bucket(Bucket="artifacts")
    events.create_event_bus(Name="bus")
    suite = {
        "name": "flights",
        "expectations": [
            expect("table_row_count_to_be_between", min_value=1),
            expect("column_values_to_be_in_set", column="origin", value_set=["LGA"]),
        ],
    }
    inputs = tmp_path / "processing" / "input"
    for name in ("problem", "rows"):
        (inputs / name).mkdir(parents=True)
    with zipfile.ZipFile(inputs / "problem" / "problems.zip", "w") as archive:
        for path in (REPOSITORY / "flights").glob("*.*"):
            archive.write(path, f"flights/{path.name}")
        archive.writestr("flights/expectations/flights.json", json.dumps(suite))
    columns = flights_problem().events.columns
    rows = pl.DataFrame(flights(20), infer_schema_length=None)
    missing = [pl.lit(None).alias(name) for name in columns if name not in rows.columns]
    rows.with_columns(*missing).write_parquet(inputs / "rows" / "part-00000.parquet")
    arguments = ["--problem", "flights", "--dataset", "flights"]
    done = run(
        tmp_path,
        str(ROOT / "training_jobs/entrypoint.py"),
        *("process", "check_expectations", *arguments, "--batch-id", "b1", "--revision", "r1"),
        **CREDENTIALS,
        SAGEMAKER_BASE_DIR=str(tmp_path),
        AWS_ENDPOINT_URL=account,
        GHOSTEAM_ENVIRONMENT_NAME="dev",
        GHOSTEAM_BUS_NAME="bus",
        GHOSTEAM_ARTIFACT_BUCKET="artifacts",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 2 expectations are not met" in done.stdout
    folder = keys.of_expectations("flights", "flights", "b1")
    body = s3.get_object(Bucket="artifacts", Key=f"{folder}{keys.EXPECTATIONS_RESULT}")["Body"]
    result = ExpectationsResult.from_json(json.loads(body.read()))
    assert (result.rows, result.revision, result.met) == (20, "r1", False)
    [line] = result.failed
    assert line.startswith("expect_column_values_to_be_in_set of origin: ")
    page = s3.get_object(Bucket="artifacts", Key=f"{folder}{keys.DATA_DOCS}")
    assert page["ContentType"] == "text/html" and b"origin" in page["Body"].read()
