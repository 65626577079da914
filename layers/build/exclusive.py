"""One process at a time in a folder: builds may be started by several test workers and the demo at
once.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusively(folder: Path) -> Iterator[None]:
    """Makes the folder if need be and waits until no other process is in this block for it. The
    lock ends with its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
