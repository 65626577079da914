"""Numbers as the files of a data set write them: with symbols beside them, and with other marks."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from ghosteam.data.number_styles import NONE, plain_numbers
from ghosteam.documents.file_dialect import FileDialect
from ghosteam.problem.datasets import Column

_PLAIN = (".", NONE)


def numbers_of(text: pl.Series, column: Column, reading: FileDialect | None) -> pl.Series:
    """Texts of numbers as a program writes them, where they are written as is declared of their
    column, or else was found of their file; null where they are no such numbers.
    """
    marks = marks_of(column, reading)
    if column.symbol is not None:
        text = without_symbol(text, column.symbol)
    return text if marks == _PLAIN else plain_numbers(text, *marks)


def is_plain(column: Column, reading: FileDialect | None) -> bool:
    """Whether a column's numbers are written as a program writes them."""
    return column.symbol is None and marks_of(column, reading) == _PLAIN


def marks_of(column: Column, reading: FileDialect | None = None) -> tuple[str, str]:
    """The mark before the fraction, and the one between thousands or ``none``."""
    if column.has_own_marks:
        return column.decimal or ".", column.thousands or NONE
    if reading is None:
        return _PLAIN
    return reading.decimal or ".", reading.thousands or NONE


def decimal_commas(columns: Mapping[str, Column] | None) -> frozenset[str]:
    """Columns that declare a decimal comma for themselves."""
    return frozenset(name for name, column in (columns or {}).items() if column.decimal == ",")


def tells_marks(column: Column) -> bool:
    """Whether the numbers of a column may show which marks those of a file have."""
    return column.type in ("integer", "number") and not column.has_own_marks


def bare_number(text: str, symbol: str | None) -> str:
    """A cell without its column's symbol."""
    text = text.strip()
    return text if symbol is None else re.sub(_beside(symbol), r"\1\2\3", text)


def without_symbol(text: pl.Series, symbol: str) -> pl.Series:
    """Texts without a symbol before or behind a number, on either side of its sign."""
    return text.str.replace(_beside(symbol), "${1}${2}${3}")


def _beside(symbol: str) -> str:
    mark = re.escape(symbol)
    return rf"^(?:([+-]?)\s*{mark}\s*([+-]?\S.*)|(\S.*?)\s*{mark})$"
