"""Whoever ends the command that runs the tests ends the tests."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

ENDLESS = """
import pathlib, pytest, time

@pytest.fixture
def account():
    yield
    pathlib.Path({stopped!r}).write_text("stopped")

def test_that_never_ends(account):
    pathlib.Path({began!r}).write_text("began")
    time.sleep(600)
"""


def test_a_stopped_command_stops_its_tests_and_they_their_accounts(tmp_path: Path) -> None:
    began, stopped = tmp_path / "began", tmp_path / "stopped"
    (tmp_path / "test_endless.py").write_text(
        ENDLESS.format(began=str(began), stopped=str(stopped))
    )
    program = (
        "import sys; from cli.checks import run_tests; sys.exit(run_tests(['-q', "
        f"{str(tmp_path)!r}]))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not began.exists():
            assert time.monotonic() < deadline and process.poll() is None, "the tests did not begin"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 2  # pytest's code for an interrupted run
    assert stopped.read_text() == "stopped"
