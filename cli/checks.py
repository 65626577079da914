"""``ghosteam check`` and ``ghosteam test``: every check in a row, the tests last, so that their
summary is seen last.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.connection import ROOT

BIN = Path(sys.executable).parent

CHECKS: dict[str, Sequence[str]] = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports", "--no-cache"],
}

# Two processes, in the groups and the order of tests/conftest.py.
ALL_TESTS = ["-n", "2", "--dist", "loadscope", "--no-loadscope-reorder"]
QUICK_TESTS = [*ALL_TESTS, "-m", "not local and not flow and not contract"]


def run_checks(progress: Callable[[str], None]) -> bool:
    """Run format, lint, types and import contracts; print the output of those that fail. True when
    all pass.
    """
    good = True
    for name, command in CHECKS.items():
        start = time.monotonic()
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
        passed = done.returncode == 0
        good &= passed
        progress(f"{'✓' if passed else '✗'} {name} ({time.monotonic() - start:.0f} s)")
        if not passed:
            progress((done.stdout + done.stderr).strip())
    return good


def run_tests(arguments: Sequence[str]) -> int:
    """Run pytest with ``arguments``; its exit code. Whoever ends this process ends the tests, which
    stop their accounts first.
    """
    command = [sys.executable, "-m", "pytest", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=_environment()) as process:
        before = signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
        try:
            return process.wait()
        finally:
            signal.signal(signal.SIGTERM, before)


def _environment() -> dict[str, str]:
    """Tests and checks see no AWS configuration of this machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**clean, "PYTHONDONTWRITEBYTECODE": "1"}
