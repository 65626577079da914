"""A stored file without the rows of an entity. What is left of equal files is equal bytes."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

import polars as pl

from ghosteam.data.quarantine import READABLE
from ghosteam.data.subject import Subject
from ghosteam.documents.keys import FAILED_CALLS
from ghosteam.json_object import JsonObject

_PIECE = 1 << 12
"""So many bytes are unzipped at a time: what stands before a fault is read."""


@dataclass(frozen=True)
class Left:
    """``rows`` were the entity's. ``body``: the file without them; None where nothing is left of
    it, or where only the whole file can go.
    """

    rows: int
    body: bytes | None


def without_rows(key: str, body: bytes, subject: Subject) -> Left:
    """What is left of a file that this project wrote, by its name. Text of another form is taken as
    one row.
    """
    if key.endswith(".parquet"):
        return _of_parquet(body, subject, calls=key.startswith(FAILED_CALLS))
    if key.endswith((".jsonl", ".jsonl.gz")):
        return _of_lines(body, subject)
    if key.endswith(".json"):
        return _of_json(body, subject)
    found = subject.is_in_text(_unzipped(body).decode(errors="replace"))
    return Left(int(found), None if found else body)


def parquet(frame: pl.DataFrame) -> bytes:
    """A frame as a file: equal frames are equal bytes."""
    body = BytesIO()
    frame.write_parquet(body, compression="zstd", statistics=True, row_group_size=1 << 20)
    return body.getvalue()


def _of_parquet(body: bytes, subject: Subject, *, calls: bool) -> Left:
    frame = pl.read_parquet(BytesIO(body))
    own = subject.rows(frame)
    if calls:
        own |= pl.Series(
            [text is not None and subject.is_in_text(text) for text in frame["error"]],
            dtype=pl.Boolean,
        )
    rows = int(own.sum())
    return Left(rows, parquet(frame.filter(~own)) if rows else body)


def _of_json(body: bytes, subject: Subject) -> Left:
    rows, document = subject.without(json.loads(body))
    text = json.dumps(document, sort_keys=True, allow_nan=False, indent=1)
    return Left(rows, text.encode() if rows else body)


def _of_lines(body: bytes, subject: Subject) -> Left:
    lines = _unzipped(body).splitlines(keepends=True)
    kept = [line for line in lines if not _is_own(line, subject)]
    rows = len(lines) - len(kept)
    if not rows:
        return Left(0, body)
    left = b"".join(kept)
    zipped = body[:2] == b"\x1f\x8b"
    return Left(rows, (gzip.compress(left, mtime=0) if zipped else left) if kept else None)


def _is_own(line: bytes, subject: Subject) -> bool:
    text = line.decode(errors="replace")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return subject.is_in_text(text)
    if not isinstance(record, dict):
        return subject.is_in_text(text)
    if subject.is_record(record) or subject.is_in_text(str(record.get("text", ""))):
        return True
    return any(subject.is_in_line(line) for line in _unread(record))


def _unread(record: JsonObject) -> Iterator[str]:
    """The text of a quarantined line that could not be split."""
    for reason in record.get("reasons", ()):
        if reason.get("rule") == READABLE:
            yield str(reason.get("value", ""))


def _unzipped(body: bytes) -> bytes:
    """What can be read of a body that may be gzip, and may be cut off or broken."""
    if body[:2] != b"\x1f\x8b":
        return body
    reader, read = zlib.decompressobj(wbits=31), []
    with suppress(zlib.error):
        for begin in range(0, len(body), _PIECE):
            read.append(reader.decompress(body[begin : begin + _PIECE]))
            while reader.eof and reader.unused_data:
                rest, reader = reader.unused_data, zlib.decompressobj(wbits=31)
                read.append(reader.decompress(rest))
    return b"".join(read)
