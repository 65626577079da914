"""Window features: what a group's rows of the days before a day amount to, from what was known by
then.

Values belong to *buckets*, the starts of UTC days. The bucket D covers the rows whose outcome
became known in ``[D - over, D)``. Rows first become daily tiles, the columns of the window's
aggregate; a bucket is a fold of tiles. Tiles are exact (integers, see ``aggregates/_sums.py``), so
that a value depends neither on the order of rows nor on which buckets are computed together.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.features.aggregates import _sums
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.problem.window import Window

DAY = timedelta(days=1)
BUCKET = "bucket"
_RUN, _ROWS, _TILE = "_run", "_rows", "_tile"
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def affected_buckets(rows: pl.DataFrame, window: Window) -> tuple[datetime, datetime] | None:
    """First and last bucket that a change of ``rows`` (with ``known_at``) can change; None when no
    outcome is known.
    """
    first, last = rows.select(
        pl.col(KNOWN_AT).min().alias("first"), pl.col(KNOWN_AT).max().alias("last")
    ).row(0)
    if first is None:
        return None
    return _day(first) + DAY, _day(last) + window.over


def window_values(
    rows: pl.DataFrame,
    window: Window,
    *,
    first: datetime | None = None,
    last: datetime | None = None,
) -> pl.DataFrame:
    """The window's value for each group and each bucket that covers a row of it, from ``first`` to
    ``last``, both included.

    ``rows`` hold ``window.by``, ``target`` (a number, or null) and ``known_at`` (UTC). Rows without
    outcome or with a null in ``by`` do not count. Work and result are proportional to the days that
    have rows, whatever lies between them.

    Returns columns ``window.by``, ``bucket`` (Datetime[us, UTC]) and ``window.name`` (Float64, null
    for fewer than ``min_rows`` rows), sorted by group and bucket.
    """
    by = list(window.by)
    rows = rows.select(*by, pl.col(TARGET).fill_nan(None), KNOWN_AT).drop_nulls()
    if rows.is_empty():
        return pl.DataFrame(
            schema={
                **rows.select(by).schema,
                BUCKET: pl.Datetime("us", "UTC"),
                window.name: pl.Float64,
            }
        )
    if first and last:
        rows = rows.filter(pl.col(KNOWN_AT).is_between(first - window.over, last, closed="left"))
    aggregate, width = AGGREGATES.find(window.aggregate), window.over // DAY
    columns = aggregate.tile(pl.col(TARGET))
    tiles = rows.group_by(*by, pl.col(KNOWN_AT).dt.truncate("1d").alias(BUCKET)).agg(
        pl.len().cast(pl.Int64).alias(_ROWS), _struct(columns).alias(_TILE)
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
    covered = _sums.over_days(pl.col(_ROWS), width).over(run, order_by=BUCKET)
    return (
        days.explode(BUCKET)
        .join(tiles, on=[*run, BUCKET], how="left")
        .sort(*run, BUCKET)
        .with_columns(covered.alias(_ROWS), folded.alias(_TILE))
        .filter(
            pl.col(_ROWS) > 0, pl.col(BUCKET).is_between(first or _ALWAYS[0], last or _ALWAYS[1])
        )
        .sort(*by, BUCKET)
        .select(
            *by,
            BUCKET,
            pl.when(pl.col(_ROWS) >= window.min_rows)
            .then(aggregate.finished(_column))
            .alias(window.name),
        )
    )


def _struct(columns: Mapping[str, pl.Expr]) -> pl.Expr:
    return pl.struct([column.alias(name) for name, column in columns.items()])


def _column(name: str) -> pl.Expr:
    """A column of the aggregate's tile."""
    return pl.col(_TILE).struct.field(name)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
