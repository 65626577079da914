"""Which encoding the text of a file has.

A mark at its begin says it; else it is UTF-8 where it can be. Text of single bytes is taken for
Windows-1252, which Latin-1 is part of, where it looks like words of a western language.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import IO

from ghosteam.errors import InvalidInput

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_FIRST = 1 << 12
_NO_CHARACTERS = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that mean nothing in Windows-1252."""
_RUN = re.compile("[\udc80-\udcff]+")
_FEW = 3
"""One in so many places with bytes beyond ASCII may have several of them in a row."""


@dataclass(frozen=True)
class DetectedEncoding:
    """``broken``: single bytes are no text of the encoding."""

    encoding: str
    broken: bool = False


def encoding_of(stream: IO[bytes]) -> DetectedEncoding:
    """The encoding of what a stream holds, which is read to its end.

    Raises:
        InvalidInput: it cannot be told.
    """
    first = stream.read(_FIRST)
    marked = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    if marked not in (None, "utf-8-sig"):
        return DetectedEncoding(str(marked))
    if wide := _wide(first):
        return DetectedEncoding(wide)
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    good, broken, runs, long_runs, strange = 0, 0, 0, 0, False
    chunk, final = first, False
    while not final:
        following = stream.read(_CHUNK)
        final = not following
        text = decoder.decode(chunk, final)
        chunk = following
        if text.isascii():
            continue
        good += len(text) - len(text.encode("ascii", "ignore"))
        for run in () if is_text(text) else _RUN.findall(text):
            runs, broken = runs + 1, broken + len(run)
            long_runs += len(run) > 1
            found = run.encode("utf-8", "surrogateescape")
            strange = strange or not _NO_CHARACTERS.isdisjoint(found)
    utf8 = marked or "utf-8"
    if not runs:
        return DetectedEncoding(utf8)
    if marked or good >= 2 * broken:
        return DetectedEncoding(utf8, broken=True)
    if strange or long_runs * _FEW > runs:
        raise InvalidInput(
            "The file is not UTF-8 text, and its encoding cannot be told",
            remedy="Save it as UTF-8, or declare it: 'files: {encoding: shift_jis}'",
        )
    return DetectedEncoding("cp1252")


def is_text(text: str) -> bool:
    """Whether a text can be stored: it has no halves of surrogate pairs, which stand for bytes that
    are no text.
    """
    return as_stored(text) is not None


def as_stored(text: str) -> bytes | None:
    """A text in UTF-8; None where it cannot be stored."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _wide(first: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of its first lines is null."""
    if len(first) < 4 or b"\x00" not in first:
        return None
    even, odd = first[0::2], first[1::2]
    for nulls, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if nulls.count(0) * 2 > len(nulls) and not others.count(0):
            return name
    return None
