"""Window features: what a group's rows of the time before a moment amount to, from what was known
by then.

Values belong to *buckets*, the starts of the window's periods (``window.every``). For a length of
``over`` the bucket D covers the rows that became known in ``[D - over, D)``. Rows first become a
tile a period, the columns of the window's aggregate; a bucket is a fold of tiles, one for each
length. Tiles that are summed are exact (integers, see ``aggregates/_sums.py``), and the others
follow from no order, so that a value depends neither on the order of rows nor on which buckets are
computed together.
"""

from __future__ import annotations

import polars as pl

from ghosteam.data.derive import KNOWN_AT
from ghosteam.features.aggregates import _sums
from ghosteam.features.aggregates.aggregate import aggregate_of, without_rows
from ghosteam.problem.reserved import TILE
from ghosteam.problem.window import Window

BUCKET = "bucket"
VALUE = "_value"
"""What an aggregate takes of a row: see ``view_rows.rows_of_window``."""
ROWS = "_rows"
_RUN = "_run"


def window_values(rows: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The window's values for each group and each bucket that covers a row of it.

    ``rows`` hold ``window.by``, ``_value`` and ``known_at`` (UTC). Rows with a null do not count.
    Work and result are proportional to the periods that have rows, whatever lies between them.

    Returns columns ``window.by``, ``bucket`` (Datetime[us, UTC]) and ``window.features`` (Float64,
    null for fewer than ``min_rows`` rows), sorted by group and bucket.
    """
    partials = _folded(tiles_of(rows, window), window)
    order = [*window.by, BUCKET]
    return with_values(partials, window).sort(order).select(*order, *window.features)


def tiles_of(rows: pl.DataFrame, window: Window, *also: str) -> pl.DataFrame:
    """What each group has of each period: ``window.by``, the columns ``also`` by which it is told
    apart, ``bucket`` and :func:`tile_columns`. ``rows`` as in :func:`window_values`.
    """
    by = (*window.by, *also)
    columns = aggregate_of(window).tile(pl.col(VALUE), pl.col(KNOWN_AT).dt.epoch("us"))
    counted = rows.select(*by, VALUE, KNOWN_AT).drop_nulls()
    return counted.group_by(*by, pl.col(KNOWN_AT).dt.truncate(window.every).alias(BUCKET)).agg(
        pl.len().cast(pl.Int64).alias(tile_column(ROWS)),
        *(column.alias(tile_column(name)) for name, column in columns.items()),
    )


def tile_columns(window: Window, span: int = 0) -> list[str]:
    """The columns of the tiles that the ``span``-th length of ``window.spans`` covers: the number
    of rows, and those of the aggregate.
    """
    columns = aggregate_of(window).tile(pl.col(VALUE), pl.col(KNOWN_AT))
    return [tile_column(name, span) for name in (ROWS, *columns)]


def tile_column(name: str, span: int = 0) -> str:
    """The name of one of them: no column of a data set begins so."""
    return f"{TILE}{name}.{span}" if span else f"{TILE}{name}"


def covers_rows(window: Window) -> pl.Expr:
    """Whether the longest of its lengths covers a row."""
    longest = window.spans.index(window.reach)
    return pl.col(tile_column(ROWS, longest)) > 0


def with_values(partials: pl.DataFrame, window: Window) -> pl.DataFrame:
    """Adds ``window.features`` to what has a ``bucket`` and the tile columns of all lengths; rows
    that cover no row are left out.
    """
    return partials.filter(covers_rows(window)).with_columns(value_columns(window))


def value_columns(window: Window) -> list[pl.Expr]:
    """``window.features``, from a ``bucket`` and the tile columns of all lengths."""
    values = [_value(window, span) for span in range(len(window.spans))]
    if window.ratio_to is not None:
        *short, longer = values
        values = [pl.when(longer != 0).then(value / longer) for value in short]
    return [value.alias(name) for name, value in zip(window.features, values, strict=True)]


def _value(window: Window, span: int) -> pl.Expr:
    aggregate, rows = aggregate_of(window), pl.col(tile_column(ROWS, span))
    made = aggregate.finished(
        lambda name: pl.col(tile_column(name, span)), pl.col(BUCKET).dt.epoch("us")
    )
    nothing = pl.lit(without_rows(aggregate), pl.Float64)
    known = pl.when(rows == 0).then(nothing).otherwise(made)
    return pl.when(rows >= window.min_rows).then(known)


def _folded(tiles: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The tile columns of each length, for each bucket within the window's reach after a tile."""
    by, aggregate = list(window.by), aggregate_of(window)
    # Tiles that no more than the reach part belong to one run: periods are filled in within runs,
    # never between them.
    gap = pl.col(BUCKET) - pl.col(BUCKET).shift(1).over(by, order_by=BUCKET)
    tiles = tiles.sort(*by, BUCKET).with_columns(
        (gap > window.reach).fill_null(True).cum_sum().alias(_RUN)
    )
    run = [*by, _RUN]
    first, last = pl.col(BUCKET).min(), pl.col(BUCKET).max() + window.reach
    buckets = tiles.group_by(run).agg(pl.datetime_range(first, last, window.every).alias(BUCKET))
    periods = (
        buckets.explode(BUCKET)
        .with_columns(pl.col(BUCKET).cast(tiles.schema[BUCKET]))
        .join(tiles, on=[*run, BUCKET], how="left")
        .sort(*run, BUCKET)
    )
    rows, *columns = tile_columns(window)
    summed = [rows, *(columns if aggregate.additive else [])]
    folded = periods.with_columns(
        _sums.over_tiles(pl.col(name), length // window.every)
        .over(run, order_by=BUCKET)
        .alias(there)
        for span, length in enumerate(window.spans)
        for name, there in zip(summed, tile_columns(window, span), strict=False)
    )
    if aggregate.additive:
        return folded
    for span, length in enumerate(window.spans):
        there = tile_columns(window, span)[1:]
        made = periods.rolling(BUCKET, period=length, closed="left", group_by=run).agg(
            aggregate.fold(pl.col(name)).alias(alias)
            for name, alias in zip(columns, there, strict=True)
        )
        folded = folded.drop(there, strict=False).join(made, on=[*run, BUCKET], how="left")
    return folded
