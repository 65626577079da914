"""Columns that only tell the time: ids and timestamps that grow, fields of the calendar. They are
other in every window, and that is no drift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
import polars as pl

MOST_ROWS = 5_000
GROWS = 0.98
"""A rank correlation with time from which a column grows or falls with it."""
SAME = 0.8
_DAY = timedelta(days=1)
_CALENDAR: Mapping[str, tuple[timedelta, pl.Expr]] = {
    "the weekday": (7 * _DAY, pl.first().dt.weekday()),
    "the day of the month": (28 * _DAY, pl.first().dt.day()),
    "the week of the year": (365 * _DAY, pl.first().dt.week()),
    "the day of the year": (365 * _DAY, pl.first().dt.ordinal_day()),
    "the month": (365 * _DAY, pl.first().dt.month()),
    "the quarter": (365 * _DAY, pl.first().dt.quarter()),
    "the year": (timedelta.max, pl.first().dt.year()),
}


def tells_the_time(
    frame: pl.DataFrame, names: Sequence[str], *, event_time: str, window: timedelta
) -> dict[str, str]:
    """Why columns of ``frame`` (sorted by ``event_time``) are no evidence of drift, by name.

    A column is a field of the calendar where ``SAME`` of its values are that field of the row's
    time, the rest being of another time zone, and the calendar takes longer than a window to come
    round; it grows where its rank correlation with
    time is ``GROWS`` or more. At most ``MOST_ROWS`` rows, evenly spaced, are looked at.
    """
    rows = frame[np.unique(np.linspace(0, frame.height - 1, MOST_ROWS).astype(np.int64))]
    times = rows.select(event_time)
    if times.to_series().n_unique() < 3:
        return {}
    fields = {
        name: times.select(field.cast(pl.String)).to_series()
        for name, (round_trip, field) in _CALENDAR.items()
        if round_trip > window
    }
    fields = {name: values for name, values in fields.items() if values.n_unique() > 1}
    order = times.to_series().rank()
    found = {}
    for name in names:
        column = rows.get_column(name)
        text = _whole(column).cast(pl.String)
        field = next((one for one, values in fields.items() if _is(text, values)), None)
        if field is not None:
            found[name] = f"it is {field} of the event's time"
        elif abs(_rank_correlation(column, order)) >= GROWS:
            found[name] = "it grows or falls with time"
    return found


def _whole(column: pl.Series) -> pl.Series:
    return column.cast(pl.Int64, strict=False) if column.dtype.is_float() else column


def _is(text: pl.Series, field: pl.Series) -> bool:
    same = int((text == field).sum())
    return same > max(SAME * (text.len() - text.null_count()), text.len() / 2)


def _rank_correlation(column: pl.Series, order: pl.Series) -> float:
    """Spearman's, of rows that have a value; 0 where they are all alike, or few."""
    both = pl.DataFrame({"column": column, "order": order}).drop_nulls()
    if both.height < 30:
        return 0.0
    found = both.select(pl.corr(pl.col("column").rank(), pl.col("order").rank())).item()
    return float(found) if found is not None and np.isfinite(found) else 0.0
