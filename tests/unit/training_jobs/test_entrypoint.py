from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.learning_builders import PROBLEM_YAML

ROOT = Path(__file__).parents[3]
ENTRYPOINT = ROOT / "training_jobs" / "entrypoint.py"


def start(base: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ENTRYPOINT), *arguments],
        env={
            "PATH": os.defpath,
            "SAGEMAKER_BASE_DIR": str(base),
            "PYTHONPATH": str(ROOT / "layers/core/python"),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(base: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = start(base, *arguments, **environment)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def zip_problem(channel: Path) -> None:
    channel.mkdir(parents=True)
    with zipfile.ZipFile(channel / "feature_repo.zip", "w") as archive:
        archive.writestr("trains/problem.yaml", PROBLEM_YAML)


@pytest.mark.parametrize(
    "arguments", [(), ("dance",), ("process",), ("process", "os"), ("train", "--now")]
)
def test_an_unknown_command_shows_the_usage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, errors = run(tmp_path, *arguments)
    assert code == 2
    assert "usage: entrypoint.py train | serve | process <job>" in errors


def test_a_failed_training_job_leaves_its_reason_where_sagemaker_reads_it(tmp_path: Path) -> None:
    code, errors = run(tmp_path, "train")
    reason = (tmp_path / "output" / "failure").read_text()
    assert code == 1
    assert "The channel 'problem' holds 0 zip files" in reason
    assert reason in errors


def test_a_failed_processing_job_leaves_its_reason_as_the_exit_message(tmp_path: Path) -> None:
    zip_problem(tmp_path / "processing" / "input" / "problem")
    code, _ = run(tmp_path, "process", "evaluate_models")
    assert code == 1
    assert (
        "evaluate_models failed: FileNotFoundError" in (tmp_path / "output" / "message").read_text()
    )


def test_a_model_without_a_version_does_not_serve(tmp_path: Path) -> None:
    code, errors = run(tmp_path, "serve")
    assert code == 1
    assert "GHOSTEAM_MODEL_VERSION is not set" in errors


def test_the_problem_folders_are_unpacked_for_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training_jobs.entrypoint import unpack_problems

    monkeypatch.setenv("GHOSTEAM_FEATURE_REPO", "elsewhere")
    zip_problem(tmp_path / "channel")
    unpack_problems(tmp_path / "channel", tmp_path / "problems")
    assert (tmp_path / "problems" / "trains" / "problem.yaml").is_file()
    assert os.environ["GHOSTEAM_FEATURE_REPO"] == str(tmp_path / "problems")


def test_a_stopped_job_ends_at_once_and_calls_it_no_failure(tmp_path: Path) -> None:
    """The training channel is a pipe that nobody writes to: the job waits in it when it is
    stopped.
    """
    zip_problem(tmp_path / "input" / "data" / "problem")
    (tmp_path / "input" / "config").mkdir()
    os.mkfifo(tmp_path / "input" / "config" / "hyperparameters.json")
    process = start(tmp_path, "train")
    with (tmp_path / "input" / "config" / "hyperparameters.json").open("w"):
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + signal.SIGTERM
    assert "stopped by SIGTERM" in errors
    assert not (tmp_path / "output" / "failure").exists()
