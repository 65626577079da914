"""Times of a whole column at once, by the grammar of :mod:`ghosteam.problem.moments`.

A time is a day, a minute of it, seconds and what follows them: each of the four has far fewer
values than the column. Each value is read once, by the grammar itself, and the four are added up.
Where that is not the whole truth, as on days on which a zone's clocks change, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

import polars as pl

from ghosteam.problem.datasets import Column
from ghosteam.problem.moments import EPOCH, Unit, parse_cell, since_epoch, zone_of

_DAY = "2000-01-01"
_MINUTE, _SECOND = "T00:00", ":00"
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
_TELLS_OFFSET = r"([Zz]|[+-]\d\d:?\d\d)$"
_MICROSECOND = timedelta(microseconds=1)
_DIGITS = 19
"""More digits are no number of units, whatever zeros it begins with."""
_LONG = 40
"""Longer texts are no times that come again."""
_FIRST, _LAST = ((datetime(year, 1, 2, tzinfo=UTC) - EPOCH) // _MICROSECOND for year in (1, 9999))


def plain_times(cells: pl.Series, column: Column) -> pl.Series:
    """The moments in UTC, as microseconds since 1970, of cells that are times without doubt; null
    for all others, which may be times too.
    """
    if column.unit is not None:
        return _since_epoch(cells, column.unit)
    day, minute = cells.str.slice(0, 10), cells.str.slice(10, 6)
    second, rest = cells.str.slice(16, 3), cells.str.slice(19)
    offset = _each(day, lambda text: _offset(text, column.zone))
    if column.zone != "UTC":
        told = second.str.contains(_TELLS_OFFSET) | rest.str.contains(_TELLS_OFFSET)
        offset = offset.zip_with(~told, pl.Series([0]))
    ticks = _each(day, _midnight) - offset
    ticks += _each(minute, _minute)
    ticks += _each(second, lambda text: _since_origin(_DAY + _MINUTE + text))
    return ticks + _each(rest, lambda text: _since_origin(_DAY + _MINUTE + _SECOND + text))


def _each(texts: pl.Series, read: Callable[[str], timedelta | None]) -> pl.Series:
    """Microseconds of each text, of which each value is read once."""
    values = texts.unique().drop_nulls()
    found = [read(value) for value in values]
    ticks = [None if one is None else one // _MICROSECOND for one in found]
    return texts.replace_strict(values, pl.Series(ticks, dtype=pl.Int64), default=None)


def _midnight(day: str) -> timedelta | None:
    moment = _read(day)
    # A day from either end of the calendar no offset leads out of it.
    is_inside = moment is not None and 1 < moment.year < 9999
    return moment - EPOCH if moment and is_inside else None


def _minute(text: str) -> timedelta | None:
    length = _since_origin(_DAY + text)
    # At 24:00 a day may end: seconds after it there are none.
    return length if length is not None and length < timedelta(days=1) else None


def _since_origin(text: str) -> timedelta | None:
    moment = _read(text)
    return None if moment is None else moment - _ORIGIN


def _offset(day: str, zone: str) -> timedelta | None:
    """What the clocks of a zone are ahead of UTC all day; None where that changes in it."""
    if zone == "UTC":
        return timedelta(0)
    if (moment := _read(day)) is None:
        return None
    hours = [datetime.combine(moment.date(), time(hour), zone_of(zone)) for hour in range(24)]
    last = hours[-1].replace(minute=59, second=59, microsecond=999_999)
    found = {one.replace(fold=fold).utcoffset() for one in (*hours, last) for fold in (0, 1)}
    return found.pop() if len(found) == 1 else None


def _read(text: str) -> datetime | None:
    return _read_once(text) if len(text) <= _LONG else _parsed(text)


def _parsed(text: str) -> datetime | None:
    try:
        return parse_cell(text, unit=None)
    except ValueError:
        return None


_read_once = lru_cache(maxsize=1 << 13)(_parsed)


def _since_epoch(cells: pl.Series, unit: Unit) -> pl.Series:
    each = (since_epoch(1, unit) - EPOCH) // _MICROSECOND
    number = cells.cast(pl.Int64, strict=False)
    is_time = number.is_between(_FIRST // each, _LAST // each) & (cells.str.len_bytes() <= _DIGITS)
    return number.set(~is_time.fill_null(False), None) * each
