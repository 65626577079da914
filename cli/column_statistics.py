"""Statistics of columns of numbers as plain numbers, 0 where there is no value."""

from __future__ import annotations

from datetime import datetime

import polars as pl


def least(column: pl.Series) -> float:
    """The least value."""
    return _number(column.min())


def greatest(column: pl.Series) -> float:
    """The greatest value."""
    return _number(column.max())


def middle(column: pl.Series) -> float:
    """The median."""
    return _number(column.median())


def average(column: pl.Series) -> float:
    """The mean; of truths the share of those that hold."""
    return _number(column.mean())


def ends(times: pl.Series) -> tuple[datetime, datetime]:
    """The earliest and the latest of ``times``, of which there is one."""
    first, last = times.min(), times.max()
    assert isinstance(first, datetime) and isinstance(last, datetime)
    return first, last


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
