from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from cli.connection import Connection
from cli.score import ScoringFailed, score_batch, score_file, scoring_name
from ghosteam.errors import InvalidInput
from tests import documents

NOW = datetime(2013, 4, 1, 6, tzinfo=UTC)


class Account:
    """S3 and Step Functions as far as a scoring goes: keeps what was uploaded, ends each execution
    in ``status``.
    """

    def __init__(self, status: str = "SUCCEEDED", cause: str = "") -> None:
        self.uploaded: dict[str, bytes] = {}
        self.started: dict[str, Any] = {}
        self._end = {"status": status, "cause": cause}

    def upload_fileobj(self, body: BinaryIO, bucket: str, key: str) -> None:
        self.uploaded[f"{bucket}/{key}"] = body.read()

    def get_object(self, **asked: str) -> dict[str, Any]:
        class Body:
            def read(self) -> bytes:
                manifest = documents.scoring_manifest(source=asked["Key"])
                return json.dumps(manifest.to_json()).encode()

        return {"Body": Body()}

    def start_execution(self, **asked: str) -> dict[str, str]:
        self.started = asked
        return {"executionArn": "arn"}

    def describe_execution(self, **_: str) -> dict[str, str]:
        return self._end


def connection(account: Account) -> Connection:
    found = Connection("local", {}, {"s3": account, "stepfunctions": account})
    found.__dict__["names"] = {"lake_bucket": "lake", "scoring_machine": "machine"}
    return found


def quiet(_: str) -> None: ...


@pytest.mark.parametrize(
    "file_name",
    ["a.csv", "Juni 2013 (neu).csv.gz", "x" * 200 + ".parquet", "batch.json", "äöü.jsonl"],
)
def test_the_name_of_a_scoring_can_name_an_execution(file_name: str) -> None:
    name = scoring_name(file_name, NOW)
    assert re.fullmatch(r"20130401T060000000000(-[A-Za-z0-9]+)*", name)
    assert len(name) <= 48


def test_a_file_goes_to_the_folder_that_the_started_job_reads(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(b"a\n1\n")
    account = Account()
    scored = score_file(connection(account), "flights", file, save=None, say=quiet)
    name = json.loads(account.started["input"])["name"]
    assert account.uploaded == {f"lake/scoring/flights/{name}/input/rows.csv": b"a\n1\n"}
    assert (account.started["stateMachineArn"], account.started["name"]) == (
        "machine",
        f"flights-{name}",
    )
    assert scored.uri == f"s3://lake/scoring/flights/{name}/output"
    assert scored.manifest.source == f"scoring/flights/{name}/output/manifest.json"


def test_a_batch_is_named_in_a_file_of_its_own() -> None:
    account = Account()
    score_batch(connection(account), "flights", "b1", save=None, say=quiet)
    ((key, body),) = account.uploaded.items()
    assert key.endswith("/input/batch.json") and json.loads(body) == {"batch_id": "b1"}


def test_a_file_of_unknown_format_is_not_even_uploaded(tmp_path: Path) -> None:
    account = Account()
    with pytest.raises(InvalidInput, match="format is unknown"):
        score_file(connection(account), "flights", tmp_path / "rows.xlsx", save=None, say=quiet)
    assert account.uploaded == {}


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            json.dumps({"ExitMessage": "No model serves", "FailureReason": "AlgorithmError"}),
            "No model serves",
        ),
        ("stopped", "stopped"),
    ],
)
def test_a_failed_scoring_says_the_jobs_own_reason(cause: str, said: str) -> None:
    with pytest.raises(ScoringFailed, match=f"FAILED: {said}"):
        score_batch(connection(Account("FAILED", cause)), "flights", "b1", save=None, say=quiet)
