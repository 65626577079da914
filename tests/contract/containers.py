"""Two ways to start the job image's program: as a process with the image's packages, or in the
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
PYTHON = ROOT / ".ghosteam/env/job/bin/python"
IN_IMAGE = os.environ.get("GHOSTEAM_TEST_IMAGE") == "1"

_HELD = ExitStack()
"""The image store and this session's containers."""
atexit.register(_HELD.close)

Launch = tuple[list[str], dict[str, str]]


def as_process(base: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> Launch:
    """Command and environment of a process whose base folder is ``base``."""
    command = [str(PYTHON), str(ROOT / "training_jobs/entrypoint.py"), *arguments]
    place = {"PYTHONPATH": str(ROOT / "layers/core/python"), "SAGEMAKER_BASE_DIR": str(base)}
    return command, {"PATH": os.defpath, "HOME": str(base), **place, **variables}


def in_image(base: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> Launch:
    """Command and environment of a container whose ``/opt/ml`` is ``base``, as SageMaker mounts
    it.
    """
    container, program = _container("serve" if arguments[0] == "serve" else "train")
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
