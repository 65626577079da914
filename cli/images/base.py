"""The image that the Dockerfile stands on: Docker Hub's Python, or Debian's own packages where no
registry of images can be reached.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

from cli.connection import ROOT
from cli.images.buildah import Buildah, ImageError

BASE = "GHOSTEAM_IMAGE_BASE"
"""Names another base image."""

SUITE = "trixie"
DEBIAN_BASE = f"localhost/ghosteam-base:{SUITE}"
_INSTALLER = "python3,python3-venv,ca-certificates"


def dockerfile_base() -> str:
    """The base that the Dockerfile names, with its registry."""
    text = (ROOT / "training_jobs" / "Dockerfile").read_text()
    found = re.search(r"^ARG BASE=(\S+)", text, re.MULTILINE)
    assert found, "the Dockerfile names its base by the argument BASE"
    return f"docker.io/library/{found[1]}"


def find_base(buildah: Buildah, progress: Callable[[str], None]) -> str:
    """Name of a base image in the storage, fetched or made. Raises ImageError."""
    if given := os.environ.get(BASE):
        return given
    if buildah.has(DEBIAN_BASE):
        return DEBIAN_BASE
    wanted = dockerfile_base()
    if buildah.has(wanted):
        return wanted
    try:
        buildah.run("pull", "--quiet", wanted)
    except ImageError:
        progress(f"{wanted} cannot be fetched: making a base of Debian {SUITE} packages")
        make_base(buildah)
        return DEBIAN_BASE
    return wanted


def make_base(buildah: Buildah) -> None:
    """A Debian system with the Python that the Dockerfile's base has, from the machine's own
    mirror.

    pip cannot replace what Debian's package manager owns, so that Python lives in an environment at
    ``/usr/local``, where the official image has it too.
    """
    if shutil.which("debootstrap") is None:
        raise ImageError("debootstrap is not installed. On Debian: apt-get install debootstrap")
    folder = buildah.store / "base"
    shutil.rmtree(folder, ignore_errors=True)  # a killed process has left it
    folder.mkdir(parents=True)
    root = folder / "root"
    call = ["debootstrap", "--variant=minbase", f"--include={_INSTALLER}", SUITE, str(root)]
    done = subprocess.run([*call, _mirror()], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImageError(f"debootstrap failed:\n{done.stdout[-1500:]}{done.stderr[-500:]}")
    container = buildah.run("from", "scratch").splitlines()[-1]
    buildah.run("add", "--quiet", container, str(root), "/")
    buildah.run("run", container, "--", "python3", "-m", "venv", "/usr/local")
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    buildah.run("config", "--env", f"PATH={path}", container)
    buildah.run("commit", "--quiet", "--rm", container, DEBIAN_BASE)
    shutil.rmtree(folder)


def _mirror() -> str:
    """The Debian mirror of this machine's package manager."""
    call = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    mirrors = [line for line in done.stdout.split() if "/debian" in line and "security" not in line]
    if not mirrors:
        raise ImageError("No Debian mirror is configured. Set GHOSTEAM_IMAGE_BASE to a base image")
    return mirrors[0].rstrip("/")
