"""The training job learns from the rows on record, and says from which."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient

from ghosteam.errors import Defect, NotFound
from ghosteam.learning.package import load_model
from tests import documents
from tests.learning_builders import START, rows, write_digests
from training_jobs.train import main

TRAIN = "training/train.parquet"


@pytest.fixture
def data(tmp_path: Path, deployed: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The job's channels; its folder is two above."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    folder = tmp_path / "input" / "data"
    for name in ("training", "plan"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "input" / "config").mkdir()
    asked = {"family": "linear", "trials": "1", "seconds": "60"}
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(json.dumps(asked))
    rows(1500).write_parquet(folder / TRAIN)
    plan(folder, problem="trains")
    write_digests(folder)
    return folder


def plan(data: Path, problem: str) -> None:
    times = {"train_start": START, "holdout_start": START + timedelta(days=2)}
    made = documents.plan(problem, "run-1", **times)
    (data / "plan" / "plan.json").write_text(json.dumps(made.to_json()))


def test_the_model_says_from_which_rows_it_learned(data: Path, tmp_path: Path) -> None:
    main(tmp_path, [])
    found = load_model(tmp_path / "model").manifest
    [digest] = json.loads((data / "digests" / "digests.json").read_text())["by_key"].values()
    assert (found.family, found.rows, found.fingerprint) == ("linear", 1500, digest)
    assert found.train_end == (START + timedelta(days=2)).isoformat()
    tracked = MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).get_run(found.mlflow_run_id)
    assert tracked.data.tags["data_fingerprint"] == digest
    assert tracked.data.tags["run_id"] == found.run_id


def test_rows_that_are_not_on_record_are_not_learned_from(data: Path, tmp_path: Path) -> None:
    rows(1500, seed=1).write_parquet(data / TRAIN)
    with pytest.raises(Defect, match="changed after it was put on record"):
        main(tmp_path, [])


def test_a_problem_that_is_not_deployed_is_named(data: Path, tmp_path: Path) -> None:
    plan(data, problem="ferries")
    with pytest.raises(NotFound, match="ferries"):
        main(tmp_path, [])
