"""The function receive_stream: what Lambda's poller gives it, and what it answers."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from ghosteam.errors import Defect, Transient
from ghosteam.runtime import problems
from ghosteam.runtime.boundary import stream_handler
from ghosteam.runtime.settings import StreamSettings
from tests.accounts import deployed_function, memory_account
from tests.unit.sources.builders import YAML, parcel_bytes, record

SETTINGS = StreamSettings(
    environment_name="test",
    landing_bucket="landing",
    lake_bucket="lake",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose problem has a stream."""
    (tmp_path / "parcels").mkdir()
    (tmp_path / "parcels" / "problem.yaml").write_text(YAML, encoding="utf-8")
    monkeypatch.setattr(problems, "repository", lambda: tmp_path)
    problems.deployed_problems.cache_clear()
    yield tmp_path
    problems.deployed_problems.cache_clear()


def test_records_land_and_no_record_is_reported_as_failed(repository):
    with memory_account() as account, deployed_function("receive_stream", SETTINGS) as function:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="landing")
        answer = function.handler(
            {"Records": [record(parcel_bytes(1), 100), record(b"poison", 101)]}, None
        )
        assert answer == {"batchItemFailures": []}
        assert s3.list_objects_v2(Bucket="landing")["KeyCount"] == 1
        assert len(list(account.lake.list("quarantine/parcels/parcels/"))) == 1


def test_a_failure_that_may_pass_brings_the_very_same_batch_again():
    def fail(_: object) -> None:
        raise Transient("S3 is busy")

    answer = stream_handler(fail)({"Records": [record(b"", 100), record(b"", 101)]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "100"}]}


def test_a_failure_that_stays_is_raised_so_that_lambda_splits_the_batch():
    def fail(_: object) -> None:
        raise Defect("the bucket is gone")

    with pytest.raises(Defect):
        stream_handler(fail)({"Records": [record(b"", 100)]}, None)
