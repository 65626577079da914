"""Two ways to start the job image's program: as a process with an image's packages, or in the
image itself.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from cli.images.build import entry_point, image_name
from cli.images.buildah import Buildah

ROOT = Path(__file__).parents[2]
IN_IMAGE = os.environ.get("GHOSTEAM_TEST_IMAGE") == "1"

_HELD = ExitStack()
"""The image store and this session's containers."""
atexit.register(_HELD.close)

Launch = tuple[list[str], dict[str, str]]


def target_of(arguments: Sequence[str]) -> str:
    """The image that does what the arguments ask for."""
    if "check_expectations" in arguments:
        return "expectations"
    return "serve" if arguments[0] == "serve" else "train"


def python_of(target: str) -> Path:
    """The interpreter of the environment that has the packages of the target's image."""
    name = "expectations" if target == "expectations" else "job"
    return ROOT / ".ghosteam" / "env" / name / "bin" / "python"


def can_start(target: str) -> bool:
    """Whether there is an environment, or an image is asked for."""
    return IN_IMAGE or python_of(target).exists()


def start(base: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Begin what the arguments ask for; ``variables``: what the job's definition sets."""
    launch = in_image if IN_IMAGE else as_process
    command, environment = launch(
        base, arguments, {"OMP_NUM_THREADS": "1", "AWS_DEFAULT_REGION": "us-east-1", **variables}
    )
    return subprocess.Popen(
        command,
        env=environment,
        cwd=base,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(base: Path, *arguments: str, **variables: str) -> str:
    """What it printed until it ended well."""
    process = start(base, *arguments, **variables)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    return output


def as_process(base: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> Launch:
    """Command and environment of a process whose base folder is ``base``."""
    command = [
        str(python_of(target_of(arguments))),
        str(ROOT / "training_jobs/entrypoint.py"),
        *arguments,
    ]
    place = {"PYTHONPATH": str(ROOT / "layers/core/python"), "SAGEMAKER_BASE_DIR": str(base)}
    return command, {"PATH": os.defpath, "HOME": str(base), **place, **variables}


def in_image(base: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> Launch:
    """Command and environment of a container whose ``/opt/ml`` is ``base``, as SageMaker mounts
    it.
    """
    container, program = _container(target_of(arguments))
    buildah = Buildah.here()
    options = [f"--volume={base}:/opt/ml:rw"]
    options += [f"--env={name}={value}" for name, value in variables.items()]
    return buildah.command(
        "run", *options, container, "--", *program, *arguments
    ), buildah.environment


def stop(process: subprocess.Popen[str]) -> None:
    """Send SIGTERM to the program: SageMaker signals a container's first process, not what started
    it.
    """
    os.kill(_program(process.pid) if IN_IMAGE else process.pid, signal.SIGTERM)


def _program(parent: int) -> int:
    """The innermost process that ``parent`` started."""
    threads = Path(f"/proc/{parent}/task").glob("*/children")
    children = [child for thread in threads for child in thread.read_text().split()]
    return _program(int(children[-1])) if children else parent


@cache
def _container(target: str) -> tuple[str, list[str]]:
    """A container of the target's image for this session, and its entry point."""
    buildah = Buildah.here()
    _HELD.enter_context(buildah.used())
    name = f"contract-{target}-{os.getpid()}"
    buildah.run("from", "--name", name, image_name(target))
    _HELD.callback(buildah.run, "rm", name)
    return name, entry_point(buildah, image_name(target))
