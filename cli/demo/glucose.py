"""Readings of one person's glucose sensor in 2010, every five minutes: from the package
bokeh-sampledata, given to the public domain by the person.
"""

from __future__ import annotations

import gzip
from functools import cache

import polars as pl

from cli.demo.event_table import EventTable, data_folder

_TOLERANCE = "4m"
_AGO = (15, 30, 60, 120)


@cache
def glucose_table() -> EventTable:
    """A reading every quarter of an hour with those before it and, as outcome, the one an hour
    later. April to October have readings on most days.
    """
    body = gzip.decompress((data_folder("bokeh_sampledata") / "CGM.csv.gz").read_bytes())
    readings = (
        pl.read_csv(body, infer_schema=False)
        .select(
            pl.col("datetime").str.to_datetime(time_zone="UTC", strict=False).alias("at"),
            pl.col("glucose").cast(pl.Float64, strict=False),
        )
        .drop_nulls()
        .unique("at", keep="last")
        .sort("at")
        .with_row_index("reading")
    )
    frame = readings.filter(pl.col("at").dt.minute() % 15 < 5)
    for minutes in _AGO:
        frame = _with_reading(frame, readings, -minutes, f"ago_{minutes}m")
    frame = _with_reading(frame, readings, 60, "in_an_hour")
    return EventTable(frame.with_columns(pl.col("at").dt.hour().alias("hour")), "at")


def _with_reading(
    frame: pl.DataFrame, readings: pl.DataFrame, minutes: int, name: str
) -> pl.DataFrame:
    """Adds the reading so many minutes later; null where there is none within the tolerance."""
    other = readings.select(
        (pl.col("at") - pl.duration(minutes=minutes)).alias("at"), pl.col("glucose").alias(name)
    )
    return frame.join_asof(other, on="at", strategy="nearest", tolerance=_TOLERANCE)
