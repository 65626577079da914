"""Which program builds the job image while deploying."""

from __future__ import annotations

import os
import shutil
import subprocess

from cli.connection import ROOT
from cli.images.buildah import Buildah
from cli.images.docker_by_buildah import write_script

CDK_DOCKER = "CDK_DOCKER"
"""The variable by which the CDK takes another program than ``docker``."""


def builder_variables() -> dict[str, str]:
    """What the CDK needs in its environment to build images here: nothing where a Docker engine
    answers or the user names a program, else the stand-in by buildah.

    Raises:
        ImageError: neither is here; says what to install.
    """
    if os.environ.get(CDK_DOCKER) or docker_answers():
        return {}
    Buildah.here()
    return {CDK_DOCKER: str(write_script(ROOT / ".ghosteam" / "bin"))}


def docker_answers() -> bool:
    """Whether a Docker engine is running: the command alone builds nothing."""
    if shutil.which("docker") is None:
        return False
    call = ["docker", "info", "--format", "{{.ServerVersion}}"]
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and bool(done.stdout.strip())
