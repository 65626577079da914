"""The jobs that do a function's step on what is too large for the function (moto)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ghosteam.errors import Defect
from tests.accounts import deployed_function
from tests.builders import csv_bytes, flights, s3_event, sqs_event
from tests.unit.functions.data_account import SETTINGS, VALIDATE, DataAccount, data_account
from training_jobs import ingest_file, validate_batch

KEY = "flights/flights/a.csv"
BODY = csv_bytes(flights(5))
EVENT = s3_event(KEY, size=len(BODY), sequencer="01")
JOBS = {"ingest_file": ingest_file, "validate_batch": validate_batch}
DONE = {"batchItemFailures": []}


def run_job(account: DataAccount, announced: dict[str, Any], base: Path) -> None:
    """What the state machine does with an event: fetch the input, start the job of its step."""
    channel = base / "processing" / "input" / "handover"
    channel.mkdir(parents=True)
    name = f"{announced['detail']['handover']}/event.json"
    (channel / "event.json").write_bytes(
        account.s3.get_object(Bucket="lake", Key=name)["Body"].read()
    )
    JOBS[announced["detail"]["step"]].main(base, [])


def settle(
    account: DataAccount, base: Path, *, function_bytes: int = len(BODY), function_rows: int = 5
) -> tuple[list[str], dict[str, bytes]]:
    """Drop the file and carry every event on; the types of all events, and the lake without what
    was handed over.
    """
    account.s3.put_object(Bucket="landing", Key=KEY, Body=BODY)
    ingest_settings = replace(SETTINGS, function_bytes=str(function_bytes))
    validate_settings = replace(VALIDATE, function_rows=str(function_rows))
    with (
        deployed_function("ingest_file", ingest_settings) as ingest_function,
        deployed_function("validate_batch", validate_settings) as validate_function,
    ):
        assert ingest_function.handler(sqs_event(EVENT), None) == DONE
        types: list[str] = []
        waiting = account.heard()
        while waiting:
            event = waiting.pop(0)
            types.append(event["detail-type"])
            if event["detail-type"].startswith("Large"):
                run_job(account, event, base / str(len(types)))
            if event["detail-type"] == "BatchIngested":
                assert validate_function.handler(sqs_event(event), None) == DONE
            waiting += account.heard()
    listed = account.s3.list_objects_v2(Bucket="lake")["Contents"]
    keys = [item["Key"] for item in listed if not item["Key"].startswith("handover/")]
    return types, {
        key: account.s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys
    }


def test_the_jobs_leave_byte_for_byte_what_the_functions_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with data_account(monkeypatch) as account:
        small = settle(account, tmp_path / "small")
    with data_account(monkeypatch) as account:
        large = settle(account, tmp_path / "large", function_bytes=len(BODY) - 1, function_rows=4)
    assert small[0] == ["BatchIngested", "BatchValidated"]
    assert large[0] == ["LargeFileLanded", "BatchIngested", "LargeBatchIngested", "BatchValidated"]
    assert large[1] == small[1]
    assert {key.split("/")[0] for key in large[1]} == {"raw", "validated", "profiles"}


def test_the_jobs_work_on_their_own_volume_and_leave_nothing_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with data_account(monkeypatch) as account:
        settle(account, tmp_path, function_bytes=10)
    (scratch,) = tmp_path.rglob("scratch")
    assert list(scratch.iterdir()) == []


def test_a_job_without_its_settings_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GHOSTEAM_LAKE_BUCKET", raising=False)
    with pytest.raises(Defect, match="GHOSTEAM_LAKE_BUCKET"):
        ingest_file.main(tmp_path, [])


def test_the_event_that_the_job_reads_is_the_one_that_the_function_got(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        data_account(monkeypatch) as account,
        deployed_function("ingest_file", replace(SETTINGS, function_bytes="10")) as function,
    ):
        assert function.handler(sqs_event(EVENT), None) == DONE
        (announced,) = account.heard()
        stored = account.s3.get_object(
            Bucket="lake", Key=f"{announced['detail']['handover']}/event.json"
        )
        assert json.loads(stored["Body"].read()) == EVENT
        assert announced["detail"]["problem"] == "flights"
