"""Window features: the mean outcome of a group over the days before a day, from what was known by
then.

Values belong to *buckets*, the starts of UTC days. The bucket D covers the rows whose outcome
became known in ``[D - over, D)``. Rows are first summed into daily tiles; a bucket is a sum of
tiles. Outcomes are 0 or 1, so that every sum is an exact integer and the value depends neither on
the order of rows nor on which buckets are computed together.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.problem.spec import Window

DAY = timedelta(days=1)
BUCKET = "bucket"
_RUN = "_run"
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

    ``rows`` hold ``window.by``, ``target`` (0, 1 or null) and ``known_at`` (UTC). Rows without
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
    tiles = rows.group_by(*by, pl.col(KNOWN_AT).dt.truncate("1d").alias(BUCKET)).agg(
        pl.len().cast(pl.Int64).alias("_count"), pl.col(TARGET).cast(pl.Int64).sum().alias("_sum")
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
    sums, width = ("_count", "_sum"), window.over // DAY
    # A tile of day d is in the running total from bucket d + 1 on, and leaves the window `over`
    # days later.
    totals = [
        pl.col(name).fill_null(0).cum_sum().shift(1, fill_value=0).over(run, order_by=BUCKET)
        for name in sums
    ]
    return (
        days.explode(BUCKET)
        .join(tiles, on=[*run, BUCKET], how="left")
        .sort(*run, BUCKET)
        .with_columns(totals)
        .with_columns(
            pl.col(n) - pl.col(n).shift(width, fill_value=0).over(run, order_by=BUCKET)
            for n in sums
        )
        .filter(
            pl.col("_count") > 0, pl.col(BUCKET).is_between(first or _ALWAYS[0], last or _ALWAYS[1])
        )
        .sort(*by, BUCKET)
        .select(
            *by,
            BUCKET,
            pl.when(pl.col("_count") >= window.min_rows)
            .then(pl.col("_sum") / pl.col("_count"))
            .alias(window.name),
        )
    )


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
