"""An account with validated batches of trips, a champion that learned from them, and what is given
to the job that scores.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import polars as pl
import pytest
from moto import mock_aws

from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject
from ghosteam.documents.landing import Held, Landing
from ghosteam.documents.parity import Parity
from ghosteam.learning.archive import digest_of_archive
from ghosteam.learning.encoder import Encoder
from ghosteam.learning.families.family import FAMILIES
from ghosteam.learning.package import save_model
from ghosteam.learning.search import encode
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime import job_inputs
from ghosteam.runtime.settings import LakeStateSettings
from tests import documents
from tests.accounts import create_state_table
from tests.builders import csv_bytes
from tests.learning_builders import manifest
from tests.unit.features.conftest import TRIPS
from tests.unit.features.test_build_training_set import tables
from training_jobs import build_training_set, score_batch

PROBLEM = parse_problem(TRIPS)
START = datetime(2024, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PARTS = {
    name: keys.validated_part("trips", name, f"{name}-1", 0)
    for name in ("trips", "weather", "buses")
}
ARGUMENTS = ["--problem", "trips", "--name", "n1"]


@contextmanager
def account(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> Iterator[StateTable]:
    """An account with validated batches of every data set, and the job's environment in it."""
    settings = LakeStateSettings(
        environment_name="test",
        state_table="state",
        lake_bucket="lake",
    )
    keys = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in {**settings.to_environment(), **keys}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
        for bucket in ("lake", "artifacts"):
            s3.create_bucket(Bucket=bucket)
        table = create_state_table(dynamodb)
        for name, frame in tables().items():
            named = frame.rename({"trip": problem.naming_columns[0]}, strict=False)
            land(table, name.removeprefix("lake/"), named)
        yield table


def land(state: StateTable, dataset: str, frame: pl.DataFrame) -> None:
    body = io.BytesIO()
    frame.write_parquet(body)
    boto3.client("s3").put_object(Bucket="lake", Key=PARTS[dataset], Body=body.getvalue())
    span = (
        {}
        if dataset == "buses"
        else {"min_time": START.isoformat(), "max_time": (START + 10 * DAY).isoformat()}
    )
    source = LandedObject("landing", f"trips/{dataset}/a.csv", None, "01", 1, START.isoformat())
    record = BatchRecord(
        f"{dataset}-1", "trips", dataset, "validated", source, START.isoformat(), parts=1, **span
    )
    state.create("trips", state_keys.batch(dataset, f"{dataset}-1"), record)
    held = Held(f"{dataset}-1", "01", START.isoformat())
    state.create("trips", state_keys.landing(dataset, source.key), Landing((held,)))


def learn(
    problem: Problem, state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pl.DataFrame:
    """Training set and hold-out that the training job made; a champion serves that learned from the
    same job's training set.
    """
    for module in (score_batch, job_inputs):
        monkeypatch.setattr(module, "deployed_problems", lambda: {"trips": problem})
    monkeypatch.setattr(build_training_set, "_parity", lambda *_: Parity())
    plan = documents.plan(
        "trips",
        train_start=START,
        holdout_start=START + 7 * DAY,
        holdout_end=START + 9 * DAY,
        parts={name: (key,) for name, key in PARTS.items()},
    )
    base = tmp_path / "training"
    (base / "processing/input/plan").mkdir(parents=True)
    (base / "processing/input/plan/plan.json").write_text(json.dumps(plan.to_json()))
    build_training_set.main(base, [])
    made = base / "processing/output/training_set"
    train = pl.read_parquet(made / "train.parquet")
    encoder = Encoder.learn(
        train, features=problem.feature_names, categorical=problem.categorical_features
    )
    calibration = problem.kind.plain(train["target"].to_numpy())
    family = FAMILIES.find("lightgbm")
    # Rows are few: without this every leaf would be too small, and every score the same.
    params = {**family.default, "min_child_samples": 2}
    save_model(
        tmp_path / "model",
        manifest(
            encoder,
            problem="trips",
            task=problem.task,
            classes=problem.target.classes,
            outputs=problem.outputs,
            calibration=calibration,
        ),
        family.refit(params, encode(train, encoder, problem, calibration), rounds=20, seed=0),
    )
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.add(tmp_path / "model", ".")
    boto3.client("s3").put_object(
        Bucket="artifacts", Key="runs/trips/r1/model.tar.gz", Body=archive.getvalue()
    )
    digest = digest_of_archive(io.BytesIO(archive.getvalue()), name="model")
    champion = documents.slot(
        "7",
        run_id="r1",
        model_uri="s3://artifacts/runs/trips/r1/model.tar.gz",
        digests={"model": digest},
    )
    state.create("trips", state_keys.ROUTING, documents.routing(champion))
    return pl.concat([train, pl.read_parquet(made / "holdout.parquet")])


def give(base: Path, name: str, body: bytes) -> None:
    channel = base / "processing" / "input" / "scoring"
    channel.mkdir(parents=True)
    (channel / name).write_bytes(body)


def trips_file(**changes: Any) -> bytes:
    rows = tables()["lake/trips"].select(
        "trip", pl.col("start").dt.strftime("%Y-%m-%dT%H:%M:%SZ"), "line", "stop", "bus"
    )
    return csv_bytes([{**row, **changes} for row in rows.to_dicts()])


def output(base: Path) -> Path:
    return base / "processing" / "output" / "scores"
