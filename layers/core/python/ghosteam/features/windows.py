"""Window features: what a group's rows of the days before a day amount to, from what was known by
then.

Values belong to *buckets*, the starts of UTC days. The bucket D covers the rows whose outcome
became known in ``[D - over, D)``. Rows first become daily tiles, the columns of the window's
aggregate; a bucket is a fold of tiles. Tiles are exact (integers, see ``aggregates/_sums.py``), so
that a value depends neither on the order of rows nor on which buckets are computed together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.features.aggregates import _sums
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.problem.window import Window

DAY = timedelta(days=1)
BUCKET = "bucket"
ROWS = "_rows"
_RUN, _TILE = "_run", "_tile"


def window_values(rows: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The window's value for each group and each bucket that covers a row of it.

    ``rows`` hold ``window.by``, ``target`` (a number, or null) and ``known_at`` (UTC). Rows without
    outcome or with a null in ``by`` do not count. Work and result are proportional to the days that
    have rows, whatever lies between them.

    Returns columns ``window.by``, ``bucket`` (Datetime[us, UTC]) and ``window.name`` (Float64, null
    for fewer than ``min_rows`` rows), sorted by group and bucket.
    """
    by = list(window.by)
    aggregate, width = AGGREGATES.find(window.aggregate), window.over // DAY
    columns = aggregate.tile(pl.col(TARGET))
    tiles = tiles_of(rows, window)
    if tiles.is_empty():
        return tiles.select(*by, BUCKET, pl.lit(None, pl.Float64).alias(window.name))
    tiles = tiles.select(
        *by, BUCKET, ROWS, _struct({name: pl.col(name) for name in columns}).alias(_TILE)
    )
    # Tiles that no more than `over` days part belong to one run: days are filled in within runs,
    # never between them.
    gap = pl.col(BUCKET) - pl.col(BUCKET).shift(1).over(by, order_by=BUCKET)
    tiles = tiles.sort(*by, BUCKET).with_columns(
        (gap > window.over).fill_null(True).cum_sum().alias(_RUN)
    )
    run = [*by, _RUN]
    days = tiles.group_by(run).agg(
        pl.datetime_range(pl.col(BUCKET).min(), pl.col(BUCKET).max() + window.over, DAY).alias(
            BUCKET
        )
    )
    folded = _struct(
        {name: aggregate.fold(_column(name), width).over(run, order_by=BUCKET) for name in columns}
    )
    covered = _sums.over_days(pl.col(ROWS), width).over(run, order_by=BUCKET)
    return (
        days.explode(BUCKET)
        .join(tiles, on=[*run, BUCKET], how="left")
        .sort(*run, BUCKET)
        .with_columns(covered.alias(ROWS), folded.alias(_TILE))
        .filter(pl.col(ROWS) > 0)
        .sort(*by, BUCKET)
        .select(
            *by,
            BUCKET,
            pl.when(pl.col(ROWS) >= window.min_rows)
            .then(aggregate.finished(_column))
            .alias(window.name),
        )
    )


def tiles_of(rows: pl.DataFrame, window: Window, *also: str) -> pl.DataFrame:
    """What each group has of each day: ``window.by``, the columns ``also`` by which it is told
    apart, ``bucket``, the number of rows, and the columns of the aggregate's tile. ``rows`` as in
    :func:`window_values`.
    """
    columns, by = AGGREGATES.find(window.aggregate).tile(pl.col(TARGET)), (*window.by, *also)
    counted = rows.select(*by, pl.col(TARGET).fill_nan(None), KNOWN_AT).drop_nulls()
    return counted.group_by(*by, pl.col(KNOWN_AT).dt.truncate("1d").alias(BUCKET)).agg(
        pl.len().cast(pl.Int64).alias(ROWS), *(one.alias(name) for name, one in columns.items())
    )


def _struct(columns: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.struct([column.alias(name) for name, column in columns.items()])


def _column(name: str) -> pl.Expr:
    """A column of the aggregate's tile."""
    return pl.col(_TILE).struct.field(name)
