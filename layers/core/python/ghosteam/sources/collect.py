"""Rows from anywhere to one JSON-lines file, in bounded memory, with the watermark that it
reaches.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from ghosteam.documents.watermark import is_later
from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.problem.sources import Mark, parse_mark


@dataclass(frozen=True)
class Collected:
    """``digest``: SHA-256 (hex) of the file. ``mark``: the greatest cursor in it, None when it
    holds no rows.

    ``complete``: False when the size limit ended it and newer rows remain at the source.
    """

    rows: int
    digest: str
    mark: Mark | None
    complete: bool


def collect(
    rows: Iterable[Mapping[str, object]],
    path: Path,
    *,
    field: str,
    start: Mark,
    max_bytes: int,
    ordered: bool,
) -> Collected:
    """Write ``rows`` to ``path``.

    ``ordered``: the rows come by growing cursor, so the file may end where the cursor changes once
    ``max_bytes`` is reached; rows of one cursor value stay together. A row whose cursor is missing
    or unreadable is kept for the contract to judge, and does not move the watermark.

    Raises:
        TooLarge: there is more than fits, and no place to cut.
        InvalidInput: no row has a readable cursor: the next pull would ask for the same again, for
            ever.
    """
    digest, size, count, complete = hashlib.sha256(), 0, 0, True
    newest: Mark | None = None
    with path.open("wb") as file:
        for row in rows:
            mark = parse_mark(row.get(field), start)
            later = mark is not None and (newest is None or is_later(mark, newest))
            if ordered and size >= max_bytes and later and newest is not None:
                complete = False
                break
            line = (
                json.dumps(row, sort_keys=True, allow_nan=False, default=_plain) + "\n"
            ).encode()
            size, count = size + len(line), count + 1
            if size > (2 * max_bytes if ordered else max_bytes):
                raise TooLarge(
                    f"One pull is more than {max_bytes} bytes",
                    remedy="Raise max_bytes, pull more often, or begin at a later start",
                )
            digest.update(line)
            file.write(line)
            newest = mark if later else newest
    if count and newest is None:
        raise InvalidInput(
            f"None of {count} rows has a cursor that can be read",
            where={"field": field},
            remedy="Fix cursor.field or cursor.start",
        )
    return Collected(count, digest.hexdigest(), newest, complete)


def json_ready(value: object) -> object:
    """A database's value as JSON holds it; what is not a finite number becomes its text, which the
    contract then refuses.
    """
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)
