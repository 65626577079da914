"""The encoding of a text that does not show it: a guess, to be declared."""

from __future__ import annotations

import re
from pathlib import Path

from ghosteam.data.compression import compression_of, unpacked
from ghosteam.data.encodings import encoding_of
from ghosteam.errors import InvalidInput

WESTERN = "cp1252"
_RUN = re.compile(rb"[\x80-\xff]+")
_LONGEST = 2
_MOST = 0.9


def undeclared_encoding(path: Path) -> str | None:
    """Windows-1252 for a text whose words it may be, where nothing but its few letters beyond ASCII
    could say so, such as a header with "Größe"; None where the loop tells the encoding.

    Raises:
        InvalidInput: it looks like no western language.
    """
    compression = compression_of(path)
    try:
        with unpacked(path, compression) as stream:
            encoding_of(stream)
        return None
    except InvalidInput:
        with unpacked(path, compression) as stream:
            runs = _RUN.findall(stream.read())
        short = sum(len(run) <= _LONGEST for run in runs)
        if not runs or short < _MOST * len(runs):
            raise
    return WESTERN
