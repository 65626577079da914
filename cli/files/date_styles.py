"""Dates as people write them, and as the loop reads them: ISO 8601."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

import polars as pl

from cli.aggregates import least

Order = Literal["day", "month"]
_DATES = {
    "day": ("%d{0}%m{0}%Y", "%d{0}%m{0}%y"),
    "month": ("%m{0}%d{0}%Y", "%m{0}%d{0}%y"),
}
_WORDS = ("%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y")
_OTHERS = ("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d")
_COMPACT = "%Y%m%d"
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
_ISO_WITH_WORDS = ("%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%d %H:%M:%S GMT", "%Y-%m-%d %I:%M:%S %p")
_MOST = 2_000
_SHAPE = r"\d"
_SHORTEST = 6
_YEARS = (1700, 2200)


@dataclass(frozen=True)
class Ambiguous:
    """Dates that are days of the calendar whichever part comes first; ``example`` is one."""

    example: str


def format_of_dates(cells: pl.Series, *, first: Order | None = None) -> str | Ambiguous | None:
    """The format of a column's cells (without those for missing values), for ``strptime``; None
    where they are ISO 8601 or no dates. ``first``: which part comes first where both would do.
    """
    some = cells.unique(maintain_order=True).head(_MOST)
    if (
        some.is_empty()
        or not some.str.contains(_SHAPE).all()
        or least(some.str.len_chars()) < _SHORTEST
    ):
        return None
    if some.cast(pl.Float64, strict=False).null_count() == 0:
        return _COMPACT if some.str.contains(r"^\d{8}$").all() and _reads(cells, _COMPACT) else None
    by_order = {
        order: next(
            (form for form in _forms(dates) if _reads(some, form) and _reads(cells, form)), None
        )
        for order, dates in _DATES.items()
    }
    fitting = {order: form for order, form in by_order.items() if form}
    if len(fitting) == 2:
        example = next((cell for cell in some if cell[:2] != cell[3:5]), some[0])
        return fitting[first] if first else Ambiguous(example)
    if fitting:
        return next(iter(fitting.values()))
    return next((form for form in _others() if _reads(some, form) and _reads(cells, form)), None)


def iso(column: str, form: str) -> pl.Expr:
    """The column with ISO 8601 for all cells of that format."""
    cell = pl.col(column).str.strip_chars()
    moment = _parsed(cell, form)
    text = moment.dt.strftime("%Y-%m-%d" if _is_day(form) else "%Y-%m-%dT%H:%M:%S")
    return pl.when(moment.is_not_null()).then(text).otherwise(pl.col(column)).alias(column)


def _forms(dates: tuple[str, ...]) -> Iterator[str]:
    for date, separator, time in product(dates, "/.-", _TIMES):
        yield date.format(separator) + time


def _others() -> Iterator[str]:
    for date, time in product((*_WORDS, *_OTHERS), _TIMES):
        yield date + time
    yield from _ISO_WITH_WORDS


def _is_day(form: str) -> bool:
    return not any(part in form for part in ("%H", "%I"))


def _parsed(cell: pl.Expr, form: str) -> pl.Expr:
    kind = pl.Date if _is_day(form) else pl.Datetime("us")
    # A year of two digits is no century.
    long = cell if "%Y" not in form else pl.when(cell.str.contains(r"\d{4}")).then(cell)
    moment = long.str.strptime(kind, form, strict=False, exact=True)
    return pl.when(moment.dt.year().is_between(*_YEARS)).then(moment)


def _reads(cells: pl.Series, form: str) -> bool:
    frame = cells.str.strip_chars().to_frame("cell")
    return frame.select(_parsed(pl.col("cell"), form).is_not_null().all()).item() is True
