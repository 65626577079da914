"""Seattle's days from 2012 to 2015: from the package vega-datasets, observations of NOAA, which are
in the public domain.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from cli.demo.event_table import EventTable, data_folder


@cache
def seattle_table() -> EventTable:
    """A day with its weather and, as outcome, the kind of the next."""
    days = pl.read_csv(data_folder("vega_datasets") / "seattle-weather.csv", infer_schema=False)
    numbers = ("precipitation", "temp_max", "temp_min", "wind")
    frame = days.with_row_index("day").select(
        "day",
        pl.col("date").str.to_datetime(time_zone="UTC"),
        *(pl.col(name).cast(pl.Float64) for name in numbers),
        pl.col("weather").alias("today"),
        pl.col("date").str.to_datetime().dt.month().alias("month"),
        pl.col("weather").shift(-1).alias("tomorrow"),
    )
    return EventTable(frame, "date")
