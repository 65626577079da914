"""What a change of rows changes in a window, as exact numbers that are added to what was there.

A *partial* is what a window's value is made from: the number of rows that a bucket covers, and the
columns of the aggregate's tile summed over its days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.features.windows import BUCKET, DAY, ROWS, tiles_of
from ghosteam.problem.window import Window

_AT_ONCE = 200_000
_SHARD = "_shard"


@dataclass(frozen=True)
class Kept:
    """A partial as it is kept beside its online row: ``numbers`` by column, and the step that
    changed it last.
    """

    step: int
    numbers: dict[str, int]

    def to_text(self) -> str:
        """Inverse of :meth:`from_text`."""
        return json.dumps({"step": self.step, **self.numbers})

    @classmethod
    def from_text(cls, text: str) -> Kept:
        """Read what :meth:`to_text` wrote."""
        numbers = json.loads(text)
        return cls(numbers.pop("step"), numbers)


def columns_of(window: Window) -> tuple[str, ...]:
    """The columns of the window's partials, the number of rows first."""
    return (ROWS, *AGGREGATES.find(window.aggregate).tile(pl.col(TARGET)))


def changes(now: pl.DataFrame, before: pl.DataFrame, window: Window) -> Iterator[pl.DataFrame]:
    """What is to be added to the partials of a window when the rows ``before`` give way to the rows
    ``now`` (both as in ``window_values``): ``window.by``, ``bucket`` and the partial's columns, in
    frames of a bounded size. Each group stands in one frame.
    """
    by, columns = list(window.by), columns_of(window)
    taken = tiles_of(before, window).with_columns(pl.col(columns) * -1)
    tiles = (
        pl.concat([tiles_of(now, window), taken], how="vertical")
        .group_by(*by, BUCKET)
        .agg(pl.col(columns).sum())
        .filter(pl.any_horizontal(pl.col(name) != 0 for name in columns))
    )
    width = window.over // DAY
    shards = -(-tiles.height * width // _AT_ONCE)
    if shards > 1:
        tiles = tiles.with_columns((pl.struct(by).hash() % shards).alias(_SHARD))
        for part in tiles.partition_by(_SHARD, include_key=False):
            yield _covered(part, by, columns, width)
    else:
        yield _covered(tiles, by, columns, width)


def with_values(partials: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Adds the window's value, ``window.name``; rows of partials without rows are left out."""
    value = AGGREGATES.find(window.aggregate).finished(pl.col)
    return partials.filter(pl.col(ROWS) > 0).with_columns(
        pl.when(pl.col(ROWS) >= window.min_rows).then(value).alias(window.name)
    )


def added(change: pl.DataFrame, kept: Sequence[Kept | None], window: Window) -> pl.DataFrame:
    """The partials after ``change``, whose rows were ``kept`` so far."""
    columns: dict[str, Any] = {
        name: [
            number + (one.numbers[name] if one else 0)
            for number, one in zip(change[name].to_list(), kept, strict=True)
        ]
        for name in columns_of(window)
    }
    return change.with_columns(
        pl.Series(name, numbers, dtype=change.schema[name]) for name, numbers in columns.items()
    )


def _covered(
    tiles: pl.DataFrame, by: list[str], columns: Sequence[str], width: int
) -> pl.DataFrame:
    """Each day's tile counts in the ``width`` buckets after it."""
    after = pl.lit([DAY * days for days in range(1, width + 1)], pl.List(pl.Duration("us")))
    return (
        tiles.with_columns(after.alias("_after"))
        .explode("_after")
        .with_columns((pl.col(BUCKET) + pl.col("_after")).alias(BUCKET))
        .group_by(*by, BUCKET)
        .agg(pl.col(columns).sum())
        .filter(pl.any_horizontal(pl.col(name) != 0 for name in columns))
        .sort(*by, BUCKET)
    )
