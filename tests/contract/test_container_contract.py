"""The job image's program as SageMaker runs it: a base folder, a closed environment, the job's own
Python packages.

With ``GHOSTEAM_TEST_IMAGE=1`` the same tests run inside the images that ``./ghosteam image`` built.
"""

from __future__ import annotations

import hashlib
import io
import json
import signal
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import documents
from tests.contract.containers import IN_IMAGE, can_start, run, start, stop
from tests.learning_builders import PROBLEM_YAML, START, rows, write_digests

HOLDOUT_START = START + timedelta(days=2)
FAMILIES = ("lightgbm", "xgboost", "sklearn")

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not can_start("train"), reason="the job environment is not made yet"),
]


def give(channels: Path, frames: dict[str, pl.DataFrame]) -> None:
    """The channels that every job has, and the frames as ``<channel>/<name>.parquet``."""
    for name in ("plan", "problem"):
        (channels / name).mkdir(parents=True)
    with zipfile.ZipFile(channels / "problem" / "feature_repo.zip", "w") as archive:
        archive.writestr("trains/problem.yaml", PROBLEM_YAML)
    plan = documents.plan("trains", "run-1", train_start=START, holdout_start=HOLDOUT_START)
    (channels / "plan" / "plan.json").write_text(json.dumps(plan.to_json()))
    for path, frame in frames.items():
        (channels / path).parent.mkdir(exist_ok=True)
        frame.write_parquet(channels / path)
    write_digests(channels)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Base folder of one finished training job for each family."""
    bases = {}
    for family in FAMILIES:
        base = bases[family] = tmp_path_factory.mktemp(family)
        give(base / "input" / "data", {"training/train.parquet": rows(1500)})
        (base / "input" / "config").mkdir()
        settings = {
            "family": family,
            "trials": "2",
            "seconds": "30",
            "problem": "trains",
            "run_id": "run-1",
        }
        (base / "input" / "config" / "hyperparameters.json").write_text(json.dumps(settings))
        place = Path("/opt/ml") if IN_IMAGE else base
        run(base, "train", MLFLOW_TRACKING_URI=f"sqlite:///{place / 'mlflow.db'}")
    return bases


@pytest.mark.parametrize("family", FAMILIES)
def test_training_leaves_a_model_that_names_its_data_and_its_mlflow_run(
    trained: dict[str, Path], family: str
) -> None:
    manifest = json.loads((trained[family] / "model" / "model.json").read_text())
    assert manifest["family"] == family
    assert manifest["features"] == ["line", "wind"]
    assert manifest["train_end"] == HOLDOUT_START.isoformat()
    assert len(manifest["fingerprint"]) == 64 and manifest["mlflow_run_id"]
    assert (trained[family] / "model" / manifest["file"]).is_file()
    assert not (trained[family] / "output" / "failure").exists()


def test_candidates_are_evaluated_on_the_hold_out(trained: dict[str, Path], tmp_path: Path) -> None:
    inputs = tmp_path / "processing" / "input"
    holdout = rows(600, seed=9, start=HOLDOUT_START)
    give(
        inputs, {"training_set/train.parquet": rows(3000), "training_set/holdout.parquet": holdout}
    )
    (inputs / "training_set" / "summary.json").write_text(
        json.dumps(documents.training_set_summary().to_json())
    )
    (inputs / "families").mkdir()
    families = {"trained": list(FAMILIES), "lost": {}}
    (inputs / "families" / "families.json").write_text(json.dumps(families))
    for family, base in trained.items():
        folder = inputs / "candidates" / f"job-{family}" / "output"
        folder.mkdir(parents=True)
        with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
            tar.add(base / "model", ".")
    write_digests(inputs)
    run(tmp_path, "process", "evaluate_models")
    found = json.loads((tmp_path / "processing/output/evaluation/evaluation.json").read_text())
    assert {candidate["family"] for candidate in found["candidates"]} == set(FAMILIES)
    assert found["decision"] == "promote", found["reasons"]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_endpoint_answers_and_stops_cleanly(trained: dict[str, Path], family: str) -> None:
    with serving(trained[family]) as (process, url):
        assert call(f"{url}/ping")[0] == 200
        status, headers, body = call(
            f"{url}/invocations",
            {"rows": [{"line": "red", "wind": 2.0}, {"line": None, "wind": -2}]},
        )
        assert status == 200
        assert headers["X-Amzn-SageMaker-Custom-Attributes"] == body["version"] == "3"
        assert body["outputs"] == ["late"]
        assert 0 < body["rows"][1][0] < body["rows"][0][0] < 1
        status, _, body = call(f"{url}/invocations", {"rows": [{"line": "red"}]})
        assert (status, body["where"]) == (400, {"row": 0, "field": "wind"})
        stop(process)
        assert process.wait(10) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)


def test_an_endpoint_whose_model_is_damaged_does_not_come_up(
    trained: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.json").write_bytes(
        (trained["lightgbm"] / "model" / "model.json").read_bytes()
    )
    (tmp_path / "model" / "model.txt").write_text("tree")
    process = start(
        tmp_path, "serve", GHOSTEAM_MODEL_VERSION="3", GHOSTEAM_MODEL_DIGEST=digest(tmp_path)
    )
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "model.txt is not the file that was saved" in output


def test_an_endpoint_whose_model_is_another_than_the_one_on_record_does_not_come_up(
    trained: dict[str, Path],
) -> None:
    variables = {"GHOSTEAM_MODEL_VERSION": "3", "GHOSTEAM_MODEL_DIGEST": digest(trained["xgboost"])}
    process = start(trained["lightgbm"], "serve", **variables)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "not the model that is on record" in output


def digest(base: Path) -> str:
    return hashlib.sha256((base / "model" / "model.json").read_bytes()).hexdigest()


def test_training_without_a_tracking_server_makes_its_model_and_notes_why(tmp_path: Path) -> None:
    give(tmp_path / "input" / "data", {"training/train.parquet": rows(1500)})
    (tmp_path / "input" / "config").mkdir()
    settings = {"family": "lightgbm", "trials": "2", "seconds": "30"}
    (tmp_path / "input" / "config" / "hyperparameters.json").write_text(json.dumps(settings))
    nobody = f"http://127.0.0.1:{free_port()}"
    output = run(tmp_path, "train", MLFLOW_TRACKING_URI=nobody, MLFLOW_HTTP_REQUEST_MAX_RETRIES="1")
    manifest = json.loads((tmp_path / "model" / "model.json").read_text())
    assert manifest["mlflow_run_id"] is None
    assert manifest["tracking_error"].startswith("Beginning the MLflow run failed")
    assert "tracking: Beginning the MLflow run failed" in output


@contextmanager
def serving(base: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A container that serves the model, once its ping answers."""
    port = free_port()
    variables = {"GHOSTEAM_MODEL_VERSION": "3", "GHOSTEAM_MODEL_DIGEST": digest(base)}
    process = start(base, "serve", **variables, SAGEMAKER_BIND_TO_PORT=str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while not answers(url):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the container did not come up within a minute"
            time.sleep(0.1)
        yield process, url
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answers(url: str) -> bool:
    try:
        return call(f"{url}/ping")[0] == 200
    except OSError:
        return False


def call(url: str, body: object = None) -> tuple[int, Any, Any]:
    """Status, headers, JSON document of a GET, or of a POST when there is a body."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=10) as answer:
            content = answer.read()
            return answer.status, answer.headers, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(io.BytesIO(error.read()))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("job", "arguments", "setting"),
    [
        ("ingest_file", [], "GHOSTEAM_FUNCTION_BYTES"),
        ("validate_batch", [], "GHOSTEAM_FUNCTION_ROWS"),
        ("score_batch", ["--problem", "trains", "--name", "n"], "GHOSTEAM_LAKE_BUCKET"),
        pytest.param(
            "check_expectations",
            ["--problem=trains", "--dataset=trains", "--batch-id=b", "--revision=r"],
            "GHOSTEAM_ARTIFACT_BUCKET",
            marks=pytest.mark.skipif(
                not can_start("expectations"), reason="no problem has a suite"
            ),
        ),
    ],
)
def test_a_job_that_works_on_the_account_has_its_packages_and_names_the_settings_that_it_lacks(
    tmp_path: Path, job: str, arguments: list[str], setting: str
) -> None:
    give(tmp_path / "processing" / "input", {})
    process = start(tmp_path, "process", job, *arguments)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    message = (tmp_path / "output" / "message").read_text()
    assert message.startswith(f"{job} failed: Defect: Settings are missing") and setting in message
