"""Thousands of files, gone through in processes of their own: native code may end one of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ghosteam.errors import InvalidInput
from ghosteam.steps.careful_reading import check_in_a_process

ROOT = Path(__file__).parents[3]


def went_through_apart(
    folder: Path, going: str, first: int, last: int, bytes_of: Callable[[int], bytes]
) -> None:
    """Call ``going``, ``<test module>.<function>`` of ``(folder, first, last)``, which writes the
    number at which it is into ``at``. A file that ends the process does so whenever it is asked,
    and is refused for that.
    """
    module, _, name = going.rpartition(".")
    call = (
        "import sys; from pathlib import Path; "
        f"from tests.unit.data.{module} import {name} as going; "
        "going(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))"
    )
    begin, fatal = first, 0
    while begin < last:
        command = [sys.executable, "-c", call, str(folder), str(begin), str(last)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if not ended.returncode:
            break
        number = int((folder / "at").read_text())
        assert ended.returncode < 0, f"number {number}: {ended.stderr[-2000:]}"
        (folder / "fatal").write_bytes(bytes_of(number))
        with pytest.raises(InvalidInput, match="ends the process"):
            check_in_a_process(folder / "fatal", 7)
        begin, fatal = number + 1, fatal + 1
    assert fatal < 20
