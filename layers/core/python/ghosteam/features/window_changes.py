"""What a change of rows changes in a window, as exact numbers that are added to what was there.

A *partial* is what a window's values are made from: for each of its lengths the number of rows that
a bucket covers, and the columns of the aggregate's tile summed over its periods.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from ghosteam.features.windows import BUCKET, tile_column, tile_columns, tiles_of
from ghosteam.problem.reserved import TILE
from ghosteam.problem.window import Window

_AT_ONCE = 200_000
_SHARD = "_shard"
_AFTER = "_after"


@dataclass(frozen=True)
class Kept:
    """A partial as it is kept beside its online row: ``numbers`` by column, and the step that
    changed it last.
    """

    step: int
    numbers: dict[str, int]

    def to_text(self) -> str:
        """Inverse of :meth:`from_text`."""
        plain = {name.removeprefix(TILE): number for name, number in self.numbers.items()}
        return json.dumps({"step": self.step, **plain})

    @classmethod
    def from_text(cls, text: str) -> Kept:
        """Read what :meth:`to_text` wrote."""
        numbers = json.loads(text)
        step = numbers.pop("step")
        return cls(step, {tile_column(name): number for name, number in numbers.items()})


def partial_columns(window: Window) -> list[str]:
    """The columns of the window's partials."""
    return [name for span in range(len(window.spans)) for name in tile_columns(window, span)]


def changes(now: pl.DataFrame, before: pl.DataFrame, window: Window) -> Iterator[pl.DataFrame]:
    """What is to be added to the partials of a window when the rows ``before`` give way to the rows
    ``now`` (both as in ``window_values``): ``window.by``, ``bucket`` and the partial's columns, in
    frames of a bounded size. Each group stands in one frame.
    """
    by, columns = list(window.by), tile_columns(window)
    taken = tiles_of(before, window).with_columns(pl.col(columns) * -1)
    tiles = (
        pl.concat([tiles_of(now, window), taken], how="vertical")
        .group_by(*by, BUCKET)
        .agg(pl.col(columns).sum())
        .filter(_any_number(columns))
    )
    shards = -(-tiles.height * (window.reach // window.every) // _AT_ONCE)
    if shards > 1:
        tiles = tiles.with_columns((pl.struct(by).hash() % shards).alias(_SHARD))
        for part in tiles.partition_by(_SHARD, include_key=False):
            yield _covered(part, window)
    else:
        yield _covered(tiles, window)


def added(change: pl.DataFrame, kept: Sequence[Kept | None], window: Window) -> pl.DataFrame:
    """The partials after ``change``, whose rows were ``kept`` so far."""
    columns: dict[str, list[float]] = {
        name: [
            number + (one.numbers[name] if one else 0)
            for number, one in zip(change[name].to_list(), kept, strict=True)
        ]
        for name in partial_columns(window)
    }
    return change.with_columns(
        pl.Series(name, numbers, dtype=change.schema[name]) for name, numbers in columns.items()
    )


def _covered(tiles: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Each tile counts in the buckets after it, as many as each length has periods."""
    every = window.every
    later = [every * number for number in range(1, window.reach // every + 1)]
    counted = [
        pl.when(pl.col(_AFTER) <= length).then(pl.col(name)).otherwise(0).sum().alias(there)
        for span, length in enumerate(window.spans)
        for name, there in zip(tile_columns(window), tile_columns(window, span), strict=True)
    ]
    return (
        tiles.with_columns(pl.lit(later, pl.List(pl.Duration("us"))).alias(_AFTER))
        .explode(_AFTER)
        .group_by(*window.by, (pl.col(BUCKET) + pl.col(_AFTER)).alias(BUCKET))
        .agg(counted)
        .filter(_any_number(partial_columns(window)))
        .sort(*window.by, BUCKET)
    )


def _any_number(columns: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name) != 0 for name in columns)
