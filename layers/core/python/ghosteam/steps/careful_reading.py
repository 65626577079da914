"""Whether a Parquet file can be read at all, found out in a process of its own.

A damaged file may name lengths for which the reader's native code ends its process: no exception
tells of that. A function that dies so gets the file again, and would die again; so a file at which
somebody died before is gone through here first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ghosteam.data.parquet_rows import read_parquet
from ghosteam.errors import InvalidInput

_CALL = "from ghosteam.steps.careful_reading import go_through; go_through()"


def check_in_a_process(path: Path, part_rows: int, *, timeout: float | None = None) -> None:
    """Raises InvalidInput for a file that ends the process that reads it, or takes it longer than
    ``timeout`` seconds.
    """
    paths = os.pathsep.join(path for path in sys.path if path)
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _CALL, str(path), str(part_rows)],
            env={**os.environ, "PYTHONPATH": paths},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise _refused(f"takes longer than {timeout} s") from error
    if ended:
        raise _refused("ends the process that reads it")


def go_through() -> None:
    """What that process does. Exceptions are left to who reads the file: they are told there."""
    path, part_rows = sys.argv[1:]
    with suppress(BaseException):
        for _ in read_parquet(Path(path), int(part_rows), (), None):
            pass


def _refused(what: str) -> InvalidInput:
    return InvalidInput(
        f"The file cannot be read as parquet: it {what}",
        remedy="It is damaged: write it again and drop it again",
    )
