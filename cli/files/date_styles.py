"""Dates as people write them: the format that all cells of a column have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Literal

import polars as pl

from cli.column_statistics import least
from ghosteam.problem.time_formats import pattern_of, read_moment

DateOrder = Literal["day", "month"]
_DATES = {"day": "%d{0}%m{0}%Y", "month": "%m{0}%d{0}%Y"}
_WORDS = ("%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d. %B %Y")
_OTHERS = ("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%a %b %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y")
_MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%b-%Y", "%Y-%b", "%B %Y")
_COMPACT = "%Y%m%d"
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S.%f")
_ISO_WITH_WORDS = (
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S GMT",
    "%Y-%m-%d %I:%M:%S %p",
    "%a %b %d %H:%M:%S %z %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S %z",
)
_SHORT_YEAR = r"^\d{1,2}[./-](?:\d{1,2}|[A-Za-z]{3})[./-]\d\d(?:[ T]\d.*)?$"
_MOST = 2_000
_SHAPE = r"\d"
_SHORTEST = 6
_FEW_WORDS = 3
"""So many may stand among dates, such as the one before a total."""
_YEARS = (1700, 2200)


@dataclass(frozen=True)
class Unread:
    """Dates that nobody can be sure of; ``example`` is one, ``why`` says what it lacks."""

    example: str
    why: str


EITHER = "in which the day or the month may come first (--day-first, --month-first)"
NO_CENTURY = "whose years have no century: write four digits"


def format_of_dates(cells: pl.Series, *, first: DateOrder | None = None) -> str | Unread | None:
    """The format of a column's cells (without those for missing values), as the grammar has it;
    None where they are ISO 8601 or no dates. ``first``: which part comes first where both would do.
    """
    some = cells.str.strip_chars().unique(maintain_order=True)
    words = ~some.str.contains(r"\d")
    if words.sum() <= _FEW_WORDS:
        some = some.filter(~words)
    if (
        some.is_empty()
        or not some.head(_MOST).str.contains(_SHAPE).all()
        or least(some.head(_MOST).str.len_chars()) < _SHORTEST
    ):
        return None
    if some.cast(pl.Float64, strict=False).null_count() == 0:
        return _COMPACT if some.str.contains(r"^\d{8}$").all() and _reads(some, _COMPACT) else None
    by_order = {
        order: next((form for form in _forms(date) if _reads(some, form)), None)
        for order, date in _DATES.items()
    }
    fitting = {order: form for order, form in by_order.items() if form}
    if len(fitting) == 2:
        example = next((cell for cell in some if cell[:2] != cell[3:5]), some[0])
        return fitting[first] if first else Unread(example, EITHER)
    if fitting:
        return next(iter(fitting.values()))
    if some.str.contains(_SHORT_YEAR).all():
        return Unread(some[0], NO_CENTURY)
    return next((form for form in _others() if _reads(some, form)), None)


def iso(column: pl.Series, form: str) -> pl.Series:
    """The column with ISO 8601 for all cells of that format."""
    texts = {cell: _iso(cell, form) for cell in column.unique().drop_nulls()}
    return column.replace_strict(texts, default=None, return_dtype=pl.String).alias(column.name)


def _iso(cell: str, form: str) -> str:
    moment = _moment(cell.strip(), form)
    if moment is None:
        return cell
    if not any(part in form for part in ("%H", "%I")):
        return f"{moment:%Y-%m-%d}"
    return moment.isoformat()


def _forms(date: str) -> Iterator[str]:
    for separator, time in product("/.-", _TIMES):
        yield date.format(separator) + time


def _others() -> Iterator[str]:
    for date, time in product((*_WORDS, *_OTHERS), _TIMES):
        yield date + time
    yield from _ISO_WITH_WORDS
    yield from _MONTHS


def _reads(cells: pl.Series, form: str) -> bool:
    """Whether all are dates of the format: their shape is looked at first, which is fast."""
    if not cells.str.contains(f"^(?i)(?:{pattern_of(form)})$").all():
        return False
    moments = (_moment(cell, form) for cell in cells)
    return all(one is not None and _YEARS[0] <= one.year <= _YEARS[1] for one in moments)


def _moment(cell: str, form: str) -> datetime | None:
    with suppress(ValueError):
        return read_moment(cell, form)
    return None
