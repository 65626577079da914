"""The command ``cdk`` of the development environment works in a clone, without a Node of the
machine's.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.connection import ROOT

pytestmark = pytest.mark.contract


def cdk(*arguments: str, output: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "cdk"
    return subprocess.run(
        [program, *arguments, "--output", str(output)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(output.parent)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_it_lists_the_stacks_of_an_environment(tmp_path: Path) -> None:
    done = cdk("list", "-c", "environment=local", output=tmp_path / "out")
    assert done.returncode == 0, done.stderr
    names = (
        "Foundation",
        "Work",
        "Data",
        "Features",
        "Training",
        "Serving",
        "Monitoring",
        "Problems",
    )
    assert done.stdout.split() == [f"Ghosteam-local-{name}" for name in names]


def test_a_mistake_is_a_line_and_no_traceback(tmp_path: Path) -> None:
    done = cdk("list", "-c", "environment=nope", output=tmp_path / "out")
    assert done.returncode == 1
    assert "There is no environment 'nope'" in done.stderr and "Traceback" not in done.stderr
