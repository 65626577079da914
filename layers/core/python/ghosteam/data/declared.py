"""Rows that were written under another definition, as a data set is declared now.

What was read stays as it was written; who reads it adapts it. A column that the rows lack is null,
so that an added column needs no work; one of another type is what a file that says the same would
give, else null.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ghosteam.data.convert import TYPES, typed
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.nulls import BLANKS
from ghosteam.problem.text_values import EXACT


def no_rows(dataset: Dataset, columns: Iterable[str]) -> pl.DataFrame:
    """A frame without rows, of the ``columns`` as the data set declares them."""
    return pl.DataFrame(schema={name: TYPES[dataset.columns[name].type] for name in columns})


def as_declared(rows: pl.DataFrame, dataset: Dataset, columns: Iterable[str]) -> pl.DataFrame:
    """``columns`` of ``rows``, in that order and of the types that the data set declares."""
    return pl.DataFrame([_column(rows, name, dataset.columns[name]) for name in columns])


def _column(rows: pl.DataFrame, name: str, column: Column) -> pl.Series:
    wanted = TYPES[column.type]
    if name not in rows.columns:
        return pl.Series(name, [None] * rows.height, dtype=wanted)
    values = rows[name]
    if values.dtype == wanted:
        return values
    if values.dtype == pl.Boolean and wanted.is_numeric():
        return values.cast(wanted)
    return typed(_text(values, is_text=column.type == "string"), column)


def _text(values: pl.Series, *, is_text: bool) -> pl.Series:
    """What a file would say of the values; null where that is not known, or no text for a column
    of text. A time's is not: as a number it would be of some unit.
    """
    if values.dtype == pl.String:
        return values.str.strip_chars(BLANKS)
    if values.dtype.is_float() and is_text:
        certain = (values == values.round()) & (values.abs() < EXACT)
        values = values.set(~certain, None).cast(pl.Int64)
    if values.dtype.is_numeric() or (values.dtype == pl.Boolean and not is_text):
        return values.cast(pl.String)
    return pl.Series(values.name, [None] * values.len(), dtype=pl.String)
