"""Columns that show what a clock did, beside the day in another."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

import polars as pl

from cli.infer.column import InferredColumn
from ghosteam.problem.split_times import MONTH_ENDS, MONTH_NUMBERS, time_of_day

_CLOCK = re.compile(r"time|clock|hhmm|hour|uhr|zeit|heure|hora", re.I)
_LENGTH = re.compile(
    r"elapsed|duration|dauer|durée|zone|air_?time|(time|hours)_?(to|spent|in)", re.I
)


def clock_beside(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    *,
    day: Collection[str],
    merit: Callable[[str], int],
) -> str | None:
    """The column of times of a ``day``, which is made of these, by names and cells; that of most
    ``merit`` where there are many.
    """
    named = (n for n in columns if n not in day and _CLOCK.search(n) and not _LENGTH.search(n))
    found = [name for name in named if shows_a_clock(rows, columns[name])]
    return max(found, key=merit, default=None)


def shows_a_clock(rows: pl.DataFrame, found: InferredColumn) -> bool:
    """Whether each row has a time of day there."""
    if found.type not in ("string", "integer") or found.nullable or found.distinct < 2:
        return False
    if found.type == "integer" and (found.high or 0) < 100:
        return False  # These are hours, or minutes.
    cells = rows[found.name].drop_nulls().unique()
    return all(time_of_day(cell) is not None for cell in cells)


def names_months(rows: pl.DataFrame, found: InferredColumn) -> bool:
    """Whether a column of text has names of months alone."""
    if found.type != "string" or found.nullable:
        return False
    cells = rows[found.name].unique().str.strip_chars(MONTH_ENDS).str.to_lowercase()
    return bool(cells.is_in(list(MONTH_NUMBERS)).all())
