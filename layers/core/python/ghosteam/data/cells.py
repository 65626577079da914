"""Values of sources that have types, as cells of text."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import polars as pl

from ghosteam.problem.text_values import text_value

_ONE_TEXT = (pl.String, pl.Categorical, pl.Enum, pl.Time, pl.Null)
"""Types whose values have one text."""
_A_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_INT64 = 2**63
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""Days from 1970 to the first of year 1 and to the last of year 9999."""


@dataclass
class Cells:
    """Columns of text, in the order of ``names``. ``misfits``: for a row (its place, from 0) the
    cells of text columns that are no text, as JSON-like text; the cell itself is null. ``commas``:
    columns that declare a decimal comma; a number that comes as one is written so too.
    """

    names: Sequence[str]
    commas: Container[str] = ()
    columns: list[Iterable[str | None]] = field(default_factory=list)
    misfits: dict[int, dict[str, str]] = field(default_factory=dict)

    def add(self, name: str, values: Iterable[object], *, is_text: bool) -> None:
        """Append a column of Python values; ``is_text``: it is declared so."""
        if not is_text:
            point = "," if name in self.commas else "."
            self.columns.append([_told(value, point) for value in values])
            return
        texts: list[str | None] = []
        for row, value in enumerate(values):
            try:
                texts.append(None if value is None else text_value(value))
            except ValueError:
                texts.append(None)
                self.misfits.setdefault(row, {})[name] = str(cell_text(value))
        self.columns.append(texts)

    def add_series(self, column: pl.Series, *, is_text: bool) -> None:
        """Append a column of a typed file."""
        kind = column.dtype
        if isinstance(kind, pl.Datetime | pl.Date):
            self.columns.append(_times(column))
        elif (
            (kind.is_decimal() and not is_text and column.name not in self.commas)
            or kind.is_integer()
            or kind in _ONE_TEXT
        ):
            self.columns.append(column.cast(pl.String))
        else:
            self.add(column.name, column.to_list(), is_text=is_text)


def _times(column: pl.Series) -> pl.Series:
    """Dates and times as ISO 8601. One that no calendar has, for which the library panics, is told
    as the number that it is.
    """
    kind, number = column.dtype, column.to_physical().cast(pl.Int64)
    unit = kind.time_unit if isinstance(kind, pl.Datetime) else "days"
    a_day = _A_DAY[unit] if isinstance(kind, pl.Datetime) else 1
    first, last = max(_FIRST_DAY * a_day, -_INT64), min((_LAST_DAY + 1) * a_day, _INT64) - 1
    known = number.is_between(first, last).fill_null(True)
    moment = column.set(~known, None)
    if not isinstance(kind, pl.Datetime):
        text = moment.cast(pl.String)
    else:
        # A moment says its offset: the column's zone is for times that do not.
        offset = "" if kind.time_zone is None else "Z"
        if offset:
            moment = moment.dt.convert_time_zone("UTC")
        text = moment.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.6f{offset}")
    if known.all():
        return text
    return text.zip_with(known, number.cast(pl.String) + f" {unit} since 1970")


def _told(value: object, point: str) -> str | None:
    """A cell of a column that is no text, in which numbers have such a decimal point."""
    if isinstance(value, float | Decimal):
        return str(value).replace(".", point)
    return cell_text(value)


def cell_text(value: object) -> str | None:
    """One value as a text cell: what a CSV file would hold. Bytes are the UTF-8 that they are, else
    their digits after ``0x``, which no number is written like.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return f"0x{value.hex()}"
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, list | dict | bool):
        return json.dumps(value, default=str, ensure_ascii=False)
    return repr(value)
