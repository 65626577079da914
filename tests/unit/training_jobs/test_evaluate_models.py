from __future__ import annotations

import io
import json
import tarfile
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from ghosteam.models.families import find_family
from ghosteam.models.package import save_model
from ghosteam.models.search import encode
from tests.learning_builders import START, encoder_for, manifest, rows
from training_jobs.evaluate_models import main

HOLDOUT_START = START + timedelta(days=2)
TRAIN, HOLDOUT = rows(3000), rows(600, seed=9, start=HOLDOUT_START)


def package(folder: Path, signal: float) -> bytes:
    """A model package; one that learned from rows without a signal is useless."""
    frame = rows(1500, signal=signal)
    encoder, family = encoder_for(frame), find_family("lightgbm")
    save_model(folder, manifest(encoder), family.refit(family.default, encode(frame, encoder), rounds=30, seed=0))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(folder, ".")
    return buffer.getvalue()


@pytest.fixture
def base(tmp_path: Path, deployed: None) -> Path:
    """The job's inputs, with one good candidate and no champion."""
    inputs = tmp_path / "processing" / "input"
    for name in ("plan", "training_set", "families", "candidates/job-1/output"):
        (inputs / name).mkdir(parents=True)
    lost = {"xgboost": "States.TaskFailed: gt-1: AlgorithmError: exit code 1"}
    families = {"trained": ["lightgbm"], "lost": lost}
    (inputs / "families" / "families.json").write_text(json.dumps(families))
    TRAIN.write_parquet(inputs / "training_set" / "train.parquet")
    HOLDOUT.write_parquet(inputs / "training_set" / "holdout.parquet")
    summary = {"parity": {"checked": 50, "mismatches": 0}}
    (inputs / "training_set" / "summary.json").write_text(json.dumps(summary))
    (inputs / "candidates/job-1/output/model.tar.gz").write_bytes(package(tmp_path / "good", 2.0))
    plan(tmp_path, champion=None)
    return tmp_path


def plan(base: Path, *, champion: dict[str, str] | None) -> None:
    document = {
        "problem": "trains",
        "run_id": "run-1",
        "holdout_start": HOLDOUT_START.isoformat(),
        "artifact_bucket": "artifacts",
        "champion": champion,
    }
    (base / "processing" / "input" / "plan" / "plan.json").write_text(json.dumps(document))


def output(base: Path, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((base / "processing" / "output" / "evaluation" / name).read_text())
    return found


def test_the_first_candidate_is_promoted_and_named_by_its_address(base: Path) -> None:
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert "xgboost was lost" in found["reasons"][-1]  # type: ignore[index]
    assert found["model_uri"] == "s3://artifacts/runs/trains/run-1/models/job-1/output/model.tar.gz"
    reference = output(base, "reference.json")
    assert set(reference["numeric"]) == {"wind"} and set(reference["categorical"]) == {"line"}  # type: ignore[call-overload]
    assert reference["rows"] == TRAIN.height
    assert reference["score"] is not None


@mock_aws
def test_the_champion_is_fetched_and_beaten(base: Path) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="artifacts")
    client.put_object(Bucket="artifacts", Key="old/model.tar.gz", Body=package(base / "useless", 0.0))
    plan(base, champion={"version": "1", "model_uri": "s3://artifacts/old/model.tar.gz"})
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert found["comparison"]["better"] is True  # type: ignore[index]


@pytest.mark.parametrize(
    ("stored", "says"),
    [(None, "package is gone"), (b"no archive", "cannot be loaded"), ("manifest", "lacks features")],
)
@mock_aws
def test_a_champion_that_cannot_be_loaded_asks_a_person(base: Path, stored: bytes | str | None, says: str) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket="artifacts")
    if stored == "manifest":
        stored = without_field(package(base / "old", 2.0), "features")
    if stored is not None:
        client.put_object(Bucket="artifacts", Key="old/model.tar.gz", Body=stored)
    plan(base, champion={"version": "1", "model_uri": "s3://artifacts/old/model.tar.gz"})
    main(base, [])
    found = output(base, "evaluation.json")
    assert found["decision"] == "promote"
    assert says in found["approval"]  # type: ignore[operator]


def without_field(archive: bytes, field: str) -> bytes:
    """The package as another version of this project would have written it."""
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        for member in old.getmembers():
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name.endswith("model.json"):
                data = json.dumps({k: v for k, v in json.loads(data).items() if k != field}).encode()
            member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
