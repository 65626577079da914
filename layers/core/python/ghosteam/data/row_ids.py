"""Ids of rows that have none, made of what they say.

An id is a digest of the row's values by column: those of the declared columns as they are typed, a
cell that is not of its type as it stands in the file, and those of the other columns as texts.
Nulls, and blanks around texts of others, are not part of it. So the same row has the same id in
whatever file and dialect, in parts of whatever size, and a column that files lack changes none. Of
rows of one file that repeat one another the second ends in ``-2``, and so on in the file's order.

Memory: 12 bytes for each different row of a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from ghosteam.data.frames import EXTRA, MALFORMED, ROW, UNCASTABLE
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.nulls import BLANKS
from ghosteam.problem.text_values import whole_number

Array = npt.NDArray[Any]
_DIGEST = 12
_KEY = 8
_BUCKETS = 256


class RowIds:
    """Makes ids for the rows of one file; its parts come in their order."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._seen = _Seen()

    @classmethod
    def of(cls, dataset: Dataset) -> RowIds | None:
        """None for a data set whose files have ids."""
        made = (name for name, column in dataset.columns.items() if column.made_of)
        return next((cls(name) for name in made), None)

    def filled(self, part: pl.DataFrame) -> pl.DataFrame:
        """A converted part (see :func:`ghosteam.data.convert.convert`) with an id in each row that
        has none. A line that could not be split into columns gets none.
        """
        lacking = part[self._column].is_null()
        if MALFORMED in part.columns:
            lacking &= part[MALFORMED].is_null()
        if not lacking.any():
            return part
        digests = [
            blake2b(content, digest_size=_DIGEST).digest()
            for content in _contents(part.filter(lacking).drop(self._column))
        ]
        numbers = self._seen.add(digests)
        made = [
            digest.hex() + (f"-{number}" if number > 1 else "")
            for digest, number in zip(digests, numbers, strict=True)
        ]
        ids = part[self._column].to_list()
        for index, one in zip(lacking.arg_true(), made, strict=True):
            ids[index] = one
        return part.with_columns(pl.Series(self._column, ids, dtype=pl.String))


class _Seen:
    """How often each row of a file came, by the first bytes of its digest: sorted arrays, in
    buckets of which each part moves only those that it adds to.
    """

    def __init__(self) -> None:
        self._keys = [np.empty(0, np.uint64) for _ in range(_BUCKETS)]
        self._counts = [np.empty(0, np.uint32) for _ in range(_BUCKETS)]

    def add(self, digests: Sequence[bytes]) -> list[int]:
        """For each the number of its repetition in the file so far, from 1."""
        first = b"".join(digest[:_KEY] for digest in digests)
        keys = np.frombuffer(first, ">u8").astype(np.uint64)
        unique, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable")
        begins = np.cumsum(counts) - counts
        within = np.empty(len(keys), np.int64)
        within[order] = np.arange(len(keys)) - np.repeat(begins, counts)
        before = np.empty(len(unique), np.int64)
        bucket_of = (unique >> np.uint64(64 - 8)).astype(np.int64)
        for bucket in np.unique(bucket_of):
            here = slice(*np.searchsorted(bucket_of, [bucket, bucket + 1]))
            before[here] = self._count(int(bucket), unique[here], counts[here])
        found: list[int] = (before[inverse] + within + 1).tolist()
        return found

    def _count(self, bucket: int, keys: Array, counts: Array) -> Array:
        """Counts before these, which are added."""
        known, times = self._keys[bucket], self._counts[bucket]
        places = np.searchsorted(known, keys)
        there = np.zeros(len(keys), bool)
        inside = places < len(known)
        there[inside] = known[places[inside]] == keys[inside]
        before = np.zeros(len(keys), np.int64)
        before[there] = times[places[there]]
        times[places[there]] += counts[there].astype(np.uint32)
        self._keys[bucket] = np.insert(known, places[~there], keys[~there])
        self._counts[bucket] = np.insert(times, places[~there], counts[~there])
        return before


def _contents(rows: pl.DataFrame) -> Iterator[bytes]:
    """What each row says, as JSON."""
    beside = {ROW, MALFORMED, UNCASTABLE, EXTRA}
    names = [name for name in rows.columns if name not in beside]
    columns = [_values(rows[name]) for name in names]
    odd, others = (
        rows[name] if name in rows.columns else [None] * rows.height for name in (UNCASTABLE, EXTRA)
    )
    for *values, cells, more in zip(*columns, odd, others, strict=True):
        told = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        for texts in (cells, more):
            if texts is not None:
                told |= _given(json.loads(texts))
        yield json.dumps(told, sort_keys=True, ensure_ascii=False).encode()


def _values(column: pl.Series) -> Sequence[Any]:
    """Values of which each has one form in JSON; times as microseconds since 1970."""
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.epoch("us").to_list()
    values = column.to_list()
    return list(map(whole_number, values)) if column.dtype.is_float() else values


def _given(cells: Mapping[str, str | None]) -> dict[str, str]:
    bare = {name: text.strip(BLANKS) for name, text in cells.items() if text is not None}
    return {name: text for name, text in bare.items() if text}
