"""Processes of the account: started in sessions of their own, told apart, found again and ended.
Standard library only.
"""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT_LOGS = 3


class StartFailed(RuntimeError):
    """A process ended or stayed silent while the account was starting; the text ends with its last
    log lines.
    """


@dataclass(frozen=True)
class Process:
    """One supervised process. `started` (clock ticks since boot) tells it from another that got the
    same id later.
    """

    pid: int
    started: int
    log: str

    @property
    def is_running(self) -> bool:
        """Whether this very process runs."""
        return start_ticks(self.pid) == self.started


def start(name: str, command: list[str | Path], state: Path, variables: dict[str, str]) -> Process:
    """Start a process as leader of its own session, its output in `<state>/logs/<name>.log`. Raises
    StartFailed where its program is missing.
    """
    if not Path(command[0]).exists():
        raise StartFailed(f"{command[0]} is missing: run ./ghosteam, which makes the environments")
    logs = state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{name}.log"
    keep_old(log)
    base = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    mine = {
        "TMPDIR": str(state / "run" / "tmp"),
        "GHOSTEAM_ACCOUNT_DIR": str(state / "run"),
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**base, **mine, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(process.pid, start_ticks(process.pid) or 0, str(log))


def keep_old(log: Path) -> None:
    """What an earlier account wrote stays readable: `account.log.1` is the last one's."""
    names = [log, *(log.with_name(f"{log.name}.{number}") for number in range(1, KEPT_LOGS + 1))]
    for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
        if newer.exists():
            newer.replace(older)


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None for one that has ended."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else int(fields[19])


def _stat(pid: int) -> list[str] | None:
    """/proc/<pid>/stat from the state on; the command's name before it may hold spaces and
    parentheses.
    """
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None


def members(sessions: set[int], state: Path) -> set[int]:
    """Live processes of the sessions, and any other that was given this state directory."""
    mark = f"GHOSTEAM_ACCOUNT_DIR={state / 'run'}".encode()
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        pid = int(entry.name)
        fields = _stat(pid)
        if fields is None or fields[0] == "Z":
            continue
        try:
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            marked = False
        if marked or int(fields[3]) in sessions:
            found.add(pid)
    return found - {os.getpid()}


def send(pid: int, sign: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return
    try:
        os.waitpid(pid, os.WNOHANG)  # when it is our own child, do not leave it as a zombie
    except ChildProcessError:
        return
