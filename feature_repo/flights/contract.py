"""What the columns alone cannot say about a flight."""

import pandera.polars as pa
import polars as pl
from pandera.polars import PolarsData


class Flights(pa.DataFrameModel):
    """Rules over several columns of the data set ``flights``."""

    @pa.dataframe_check(
        error="origin is not dest",
        description="Correct origin or dest: a flight goes somewhere else",
    )
    def origin_is_not_dest(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("origin") != pl.col("dest"))

    @pa.dataframe_check(
        error="landed flights departed",
        description="Give dep_delay, or leave air_time and arr_delay empty",
    )
    def landed_flights_departed(cls, data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(
            pl.col("arr_delay").is_null() | pl.col("dep_delay").is_not_null()
        )
