"""Rows drawn by a hash of what they are named by: the same rows whatever else there is, in whatever
order, in every process and release.

As long as the share stays no row moves, and a larger share holds all rows of a smaller one. Source:
test sets by a hash of the identifier, Géron 2019, ch. 2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import polars as pl

Split = Literal["holdout", "validation"]
_BYTES = 8


def drawn(frame: pl.DataFrame, names: Sequence[str], share: float, *, purpose: Split) -> pl.Series:
    """Which rows are among the ``share`` of them; ``names`` are the columns that name one. What is
    drawn for one purpose tells nothing of what is drawn for another.
    """
    limit = share * 2.0 ** (8 * _BYTES)
    hashes = (_hash(row, purpose) for row in frame.select(names).iter_rows())
    return pl.Series("drawn", [value < limit for value in hashes], dtype=pl.Boolean)


def _hash(row: tuple[Any, ...], purpose: Split) -> int:
    text = json.dumps([_plain(value) for value in row], separators=(",", ":"), ensure_ascii=False)
    digest = blake2b(text.encode(), digest_size=_BYTES, person=purpose.encode()).digest()
    return int.from_bytes(digest, "big")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
