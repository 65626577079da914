"""Processes that cannot outlive the account."""

import ctypes
import queue
import signal
import subprocess
import threading
from concurrent.futures import Future
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_requests: "queue.Queue[tuple[list[str], dict[str, Any], Future[subprocess.Popen[bytes]]]]" = (
    queue.Queue()
)
_lock = threading.Lock()
_spawner: threading.Thread | None = None


def die_with_parent() -> None:
    """Between fork and exec: have the kernel kill this process when the thread that forked it
    ends.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def spawn(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Popen whose child is killed when the account ends, however it ends. Raises what Popen raises.

    The kernel ties that signal to the forking *thread*, not to the process; so one thread, which
    never ends, forks all.
    """
    global _spawner
    with _lock:
        if _spawner is None:
            _spawner = threading.Thread(target=_fork_forever, name="spawner", daemon=True)
            _spawner.start()
    started: Future[subprocess.Popen[bytes]] = Future()
    _requests.put((command, options, started))
    return started.result()


def _fork_forever() -> None:
    while True:
        command, options, started = _requests.get()
        try:
            started.set_result(subprocess.Popen(command, preexec_fn=die_with_parent, **options))
        except BaseException as error:
            started.set_exception(error)
