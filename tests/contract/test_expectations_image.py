"""The job that runs suites, as SageMaker runs it: a process with the packages of its image, beside
a stand-in of S3 and EventBridge.

With ``GHOSTEAM_TEST_IMAGE=1`` the same tests run inside the image that ``./ghosteam image`` built.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import polars as pl
import pytest
from moto.server import ThreadedMotoServer

from ghosteam.documents import keys
from ghosteam.documents.expectations_result import ExpectationsResult
from tests.accounts import CREDENTIALS
from tests.builders import REPOSITORY, flights, flights_problem
from tests.contract.containers import can_start, start

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(
        not can_start("expectations"),
        reason="Great Expectations is not installed: ./ghosteam test --long installs it",
    ),
]
ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
ORIGINS = {
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "origin", "value_set": ["LGA"]},
}
FOLDER = keys.of_expectations("flights", "flights", "b1")


@pytest.fixture
def account() -> Iterator[str]:
    """The address of an account that answers other processes."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    _client(address, "s3").create_bucket(Bucket="artifacts")
    _client(address, "events").create_event_bus(Name="bus")
    yield address
    httpx.post(f"{address}/moto-api/reset")
    server.stop()


def _client(account: str, service: str) -> Any:
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    return session.client(service, endpoint_url=account)  # type: ignore[call-overload]


def _give(base: Path, suite: str | None) -> None:
    """The channels of the job: the problem with its suite, and 20 valid rows."""
    inputs = base / "processing" / "input"
    for name in ("problem", "rows"):
        (inputs / name).mkdir(parents=True)
    with zipfile.ZipFile(inputs / "problem" / "problems.zip", "w") as archive:
        for path in (REPOSITORY / "flights").glob("*.*"):
            archive.write(path, f"flights/{path.name}")
        if suite is not None:
            archive.writestr("flights/expectations/flights.json", suite)
    rows = pl.DataFrame(flights(20), infer_schema_length=None)
    columns = flights_problem().events.columns
    missing = [pl.lit(None).alias(name) for name in columns if name not in rows.columns]
    rows.with_columns(*missing).write_parquet(inputs / "rows" / "part-00000.parquet")


def _checked(base: Path, account: str) -> tuple[int, str]:
    """Exit code of the job, and what it printed."""
    process = start(
        base,
        *("process", "check_expectations", "--problem", "flights", "--dataset", "flights"),
        *("--batch-id", "b1", "--revision", "r1"),
        **CREDENTIALS,
        AWS_ENDPOINT_URL=account,
        GHOSTEAM_ENVIRONMENT_NAME="dev",
        GHOSTEAM_BUS_NAME="bus",
        GHOSTEAM_ARTIFACT_BUCKET="artifacts",
    )
    output, _ = process.communicate(timeout=120)
    return process.returncode, output


def test_the_job_leaves_a_result_and_data_docs_of_the_batch(tmp_path: Path, account: str) -> None:
    _give(tmp_path, json.dumps({"name": "flights", "expectations": [ROWS, ORIGINS]}))
    code, output = _checked(tmp_path, account)
    assert code == 0, output
    assert "1 of 2 expectations are not met" in output
    s3 = _client(account, "s3")
    body = s3.get_object(Bucket="artifacts", Key=f"{FOLDER}{keys.EXPECTATIONS_RESULT}")["Body"]
    result = ExpectationsResult.from_json(json.loads(body.read()))
    assert (result.rows, result.revision, result.met) == (20, "r1", False)
    [line] = result.failed
    assert line.startswith("expect_column_values_to_be_in_set of origin: ")
    page = s3.get_object(Bucket="artifacts", Key=f"{FOLDER}{keys.DATA_DOCS}")
    assert page["ContentType"] == "text/html" and b"origin" in page["Body"].read()


@pytest.mark.parametrize(
    ("suite", "told"),
    [
        (json.dumps({"expectations": [{**ROWS, "kwargs": {"min": 1}}]}), "refuses the suite: "),
        ("{", "The suite cannot be read: "),
        (None, "The suite cannot be read: "),
    ],
    ids=["refused by the library", "no JSON", "removed meanwhile"],
)
def test_a_suite_that_cannot_be_used_is_told_in_a_message_and_leaves_nothing(
    tmp_path: Path, account: str, suite: str | None, told: str
) -> None:
    _give(tmp_path, suite)
    code, output = _checked(tmp_path, account)
    assert code == 1, output
    message = (tmp_path / "output" / "message").read_text()
    assert message.startswith("check_expectations failed: Defect: ") and told in message
    assert "flights/expectations/flights.json" in message and "deploy again" in message
    assert "Contents" not in _client(account, "s3").list_objects_v2(Bucket="artifacts")
