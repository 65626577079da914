"""The one program of the job image, under SageMaker's container contract.

    entrypoint.py train                      a training job: the module that the hyperparameter
                                             "job" names, or train
    entrypoint.py serve                      an endpoint's container
    entrypoint.py process <job> [--flags]    a processing job: the module <job> beside this file

SageMaker mounts inputs and outputs at /opt/ml; SAGEMAKER_BASE_DIR names another folder. A job is a
module with ``main(base, arguments)``. A failure is said in one message, on stderr and where
SageMaker looks for it, with exit code 1.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

USAGE = "usage: entrypoint.py train | serve | process <job> [--flags]"
JOBS = (
    "ingest_file",
    "validate_batch",
    "check_expectations",
    "build_training_set",
    "evaluate_models",
    "drift_report",
    "score_batch",
)
TRAINING_JOBS = ("train", "refit")
STOPPED = 128 + signal.SIGTERM
_MESSAGE_LIMIT = 1024  # SageMaker shows this many characters of a failure

Job = Callable[[Path, Sequence[str]], None]


def main(arguments: Sequence[str], base: Path) -> int:
    """Run one mode; the exit code."""
    mode, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    if mode != "train":
        # One row at a time: more threads only add waiting. The evaluation times what the endpoint
        # will do. Native libraries read this when they load.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    if mode == "process" and rest and rest[0] in JOBS:
        return _run(
            rest[0], rest[1:], base, channels=base / "processing" / "input", failure="message"
        )
    if mode == "train" and not rest:
        signal.signal(signal.SIGTERM, _stop)
        job = training_job(base / "input" / "config" / "hyperparameters.json")
        return _run(job, [], base, channels=base / "input" / "data", failure="failure")
    if mode == "serve" and not rest:
        return _run("serve", [], base, channels=None, failure="failure")
    print(f"{USAGE}\n<job> is one of {', '.join(JOBS)}", file=sys.stderr)
    return 2


def training_job(hyperparameters: Path) -> str:
    """The module of a training job."""
    try:
        asked = json.loads(hyperparameters.read_text(encoding="utf-8")).get("job", "train")
    except (OSError, ValueError):
        return "train"  # which says what is wrong with them
    return asked if asked in TRAINING_JOBS else "train"


def unpack_problems(channel: Path, target: Path) -> None:
    """Unpack the problem folders that came as a zip in ``channel`` and let
    :mod:`ghosteam.runtime.problems` find them.
    """
    archives = sorted(channel.glob("*.zip"))
    if len(archives) != 1:
        raise FileNotFoundError(
            f"The channel 'problem' holds {len(archives)} zip files; give it the one with the "
            "problems"
        )
    with zipfile.ZipFile(archives[0]) as archive:
        archive.extractall(target)
    os.environ["GHOSTEAM_FEATURE_REPO"] = str(target)


def _run(
    module: str, arguments: Sequence[str], base: Path, *, channels: Path | None, failure: str
) -> int:
    signal.signal(signal.SIGTERM, _stop)
    try:
        if channels is not None:
            unpack_problems(channels / "problem", base / "problems")
        job: Job = importlib.import_module(module).main
        job(base, arguments)
    except Exception as error:
        traceback.print_exc()
        message = f"{module} failed: {type(error).__name__}: {error}"
        print(message, file=sys.stderr, flush=True)
        output = base / "output"
        output.mkdir(parents=True, exist_ok=True)
        (output / failure).write_text(message[:_MESSAGE_LIMIT], encoding="utf-8")
        return 1
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # SystemExit passes `except Exception` and lets `finally` blocks close what is open.
    print("stopped by SIGTERM", file=sys.stderr, flush=True)
    sys.exit(STOPPED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))))
