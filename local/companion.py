"""`python companion.py <leader's pid> <command…>`: run the command for as long as the leader lives.

However the leader ends, the command's process group ends with it. Standard library only.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys

GRACE = 5.0  # seconds between SIGTERM and SIGKILL


def main(leader: int, command: list[str]) -> int:
    """Returns the command's exit code, if it ends by itself."""
    try:
        life = os.pidfd_open(leader)
    except ProcessLookupError:
        return 1
    child = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: _end(child))
    while child.poll() is None:
        if select.select([life], [], [], 0.5)[0]:
            _end(child)
    return child.returncode


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the whole process group, this process with it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(GRACE)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
