"""Which times a row may have: one mistyped year must not move what is computed for all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from ghosteam.data.derive import outside_years
from ghosteam.data.quarantine import Reason
from ghosteam.problem.datasets import Column
from ghosteam.problem.spec import Problem
from ghosteam.problem.time_bounds import bounds_of_parts, remedy_of_parts
from ghosteam.problem.timeexpr import FIRST_YEAR, LAST_YEAR, TimeExpression

_REMEDY = (
    "Give the time of a real event; or declare 'earliest', 'latest' or 'horizon' of the column"
)


def outside_bounds(
    declared: pl.DataFrame, dataset_name: str, problem: Problem, landed: datetime | None
) -> Iterator[tuple[int, Reason]]:
    """The timestamps of a converted part outside of their columns' bounds, by the row's place from
    0. ``landed``: when the file did (aware); None where rows are in no file of events.
    """
    for name, column in problem.datasets[dataset_name].columns.items():
        if column.type == "timestamp":
            yield from _beyond(declared[name], column.time_bounds(landed), name, _REMEDY)


def day_outside_bounds(
    times: pl.Series,
    declared: Mapping[str, Column],
    made_of: TimeExpression,
    landed: datetime | None,
) -> Iterator[tuple[int, Reason]]:
    """The same of row times that are ``made_of`` the parts of a date, which no column bounds."""
    bounds = bounds_of_parts(declared, made_of, landed)
    yield from _beyond(times, bounds, None, remedy_of_parts(made_of))


def years_exceeded(times: pl.Series, what: str) -> Iterator[tuple[int, Reason]]:
    """Times in years that no store can hold, by the row's place from 0; ``what`` they are."""
    for index in outside_years(times).arg_true():
        rule = f"{what} in the years {FIRST_YEAR} to {LAST_YEAR}"
        text = times.slice(index, 1).cast(pl.String).item()  # Python has no year 10000
        yield index, Reason(None, rule, text, "Give the time of a real event")


def _beyond(
    times: pl.Series, bounds: tuple[datetime, datetime], name: str | None, remedy: str
) -> Iterator[tuple[int, Reason]]:
    earliest, latest = bounds
    outside = ~times.is_between(earliest, latest).fill_null(True)
    rule = f"a time from {earliest:%Y-%m-%d %H:%M} to {latest:%Y-%m-%d %H:%M} UTC"
    for index in outside.arg_true():
        text = times.slice(index, 1).cast(pl.String).item()  # Python has no year 10000
        yield index, Reason(name, rule, text, remedy)
