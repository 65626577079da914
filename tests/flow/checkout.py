"""Copies of this checkout that a test may change and deploy from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.connection import ROOT, connect
from cli.deployment import build
from local import supervisor
from tests.flow.deployment import Deployment
from tests.flow.world import World

_DEPLOY = """
import sys
from pathlib import Path
from cli.connection import connect
from cli.deployment import deploy
deploy(connect("local", Path(sys.argv[1])), print, bootstrap=sys.argv[2] == "bootstrap")
"""


def _link(source: str, target: str) -> None:
    """The builder puts whole new folders in the place of layers and never writes into one, so that
    links are copies enough.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def copy_checkout(folder: Path) -> Path:
    """A copy of this checkout below ``folder``, with its built layers and its environments."""
    build("local", print)
    copy = folder / "checkout"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".git", ".ghosteam", "__pycache__", "cdk.out")
    )
    shutil.copytree(
        ROOT / ".ghosteam" / "layers" / "local",
        copy / ".ghosteam" / "layers" / "local",
        copy_function=_link,
    )
    for name in ("env", "cache"):
        (copy / ".ghosteam" / name).symlink_to(ROOT / ".ghosteam" / name)
    return copy


def empty_checkout(folder: Path) -> Path:
    """A copy of this checkout below ``folder`` without its problems."""
    copy = copy_checkout(folder)
    for problem in (path.parent for path in (copy / "feature_repo").glob("*/problem.yaml")):
        shutil.rmtree(problem)
    return copy


@contextmanager
def deployed(checkout: Path, state_dir: Path) -> Iterator[World]:
    """A copy's stacks in an account of their own, which ends with the block."""
    try:
        supervisor.up(state_dir, port=0)
        deploy_from(checkout, state_dir, bootstrap=True)
        yield World(connect("local", state_dir), state_dir, checkout / "feature_repo")
    finally:
        supervisor.down(state_dir)


def deploy_from(checkout: Path, state_dir: Path, *, bootstrap: bool = False) -> None:
    """Deploy a copy's stacks into the account at ``state_dir``."""
    _python(checkout, "-c", _DEPLOY, str(state_dir), "bootstrap" if bootstrap else "again")


def own_account(checkout: Path) -> Path:
    """Where the commands of a copy look for their account."""
    return checkout / ".ghosteam" / "local"


def command(checkout: Path, *arguments: str) -> str:
    """What a command of a copy says of its own account."""
    return _python(checkout, "-m", "cli", *arguments)


def _python(checkout: Path, *arguments: str) -> str:
    paths = os.pathsep.join([str(checkout), str(checkout / "layers" / "core" / "python")])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def plain_cdk(
    world: Deployment, checkout: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run the environment's command ``cdk`` in a checkout, against the account of ``world``; all
    that it says is in ``stdout``.
    """
    paths = os.pathsep.join([str(checkout), str(checkout / "layers" / "core" / "python")])
    tools = Path(sys.executable).parent
    environment = {
        **world.connection.child_environment,
        "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": paths,
    }
    with tempfile.TemporaryDirectory() as output:
        return subprocess.run(
            [tools / "cdk", *arguments, "--output", output, "--context", "environment=local"],
            cwd=checkout,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
