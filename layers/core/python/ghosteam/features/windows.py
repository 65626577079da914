"""Window features: the mean outcome of a group over the days before a day, from what was known by then.

Values belong to *buckets*, the starts of UTC days. The bucket D covers the rows whose outcome became known in ``[D - over, D)``.
Rows are first summed into daily tiles; a bucket is a sum of tiles. Outcomes are 0 or 1, so that every sum is an exact integer
and the value depends neither on the order of rows nor on which buckets are computed together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.problem.spec import Window

DAY = timedelta(days=1)
BUCKET = "bucket"


def affected_buckets(rows: pl.DataFrame, window: Window) -> tuple[datetime, datetime] | None:
    """First and last bucket that a change of ``rows`` (with ``known_at``) can change; None when no outcome is known."""
    first, last = rows.select(pl.col(KNOWN_AT).min().alias("first"), pl.col(KNOWN_AT).max().alias("last")).row(0)
    if first is None:
        return None
    return _day(first) + DAY, _day(last) + window.over


def window_values(
    rows: pl.DataFrame, window: Window, *, first: datetime | None = None, last: datetime | None = None
) -> pl.DataFrame:
    """The window's value for each group in ``rows`` and each bucket from ``first`` to ``last``, both included.

    ``rows`` hold ``window.by``, ``target`` (0, 1 or null) and ``known_at`` (UTC). The default range runs from the first known
    day to the last one plus ``over``. Rows without outcome or with a null in ``by`` do not count.

    Returns columns ``window.by``, ``bucket`` (Datetime[us, UTC]) and ``window.name`` (Float64, null for fewer than ``min_rows``
    rows), sorted by group and bucket.
    """
    by = list(window.by)
    rows = rows.select(*by, TARGET, KNOWN_AT).drop_nulls()
    if rows.is_empty():
        return pl.DataFrame(schema={**rows.select(by).schema, BUCKET: pl.Datetime("us", "UTC"), window.name: pl.Float64})
    tiles = rows.group_by(*by, pl.col(KNOWN_AT).dt.truncate("1d").alias(BUCKET)).agg(
        pl.len().cast(pl.Int64).alias("_count"), pl.col(TARGET).cast(pl.Int64).sum().alias("_sum")
    )
    begin, end = tiles.select(pl.col(BUCKET).min().alias("begin"), pl.col(BUCKET).max().alias("end")).row(0)
    first, last = first or begin, last or end + window.over
    days = pl.datetime_range(min(begin, first), max(end, last), DAY, time_unit="us", time_zone="UTC", eager=True).alias(BUCKET)
    # A tile of day d is in the running total from bucket d + 1 on, and leaves the window `over` days later.
    totals = [pl.col(name).fill_null(0).cum_sum().shift(1, fill_value=0).over(by, order_by=BUCKET) for name in ("_count", "_sum")]
    width = window.over // DAY
    return (
        rows.select(by)
        .unique()
        .join(days.to_frame(), how="cross")
        .join(tiles, on=[*by, BUCKET], how="left")
        .sort(*by, BUCKET)
        .with_columns(totals)
        .with_columns(pl.col(n) - pl.col(n).shift(width, fill_value=0).over(by, order_by=BUCKET) for n in ("_count", "_sum"))
        .filter(pl.col(BUCKET).is_between(first, last))
        .select(
            *by,
            BUCKET,
            pl.when(pl.col("_count") >= window.min_rows).then(pl.col("_sum") / pl.col("_count")).alias(window.name),
        )
    )


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
