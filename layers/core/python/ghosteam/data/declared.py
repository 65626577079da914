"""Rows that were written under another definition, as a data set is declared now.

What was read stays as it was written; who reads it adapts it. A column that the rows lack is null,
so that an added column needs no work; one of another type is what it says without loss, else null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from polars.datatypes import DataType, DataTypeClass
from polars.exceptions import PolarsError

from ghosteam.data.convert import TYPES
from ghosteam.problem.datasets import Dataset

Type = DataType | DataTypeClass
_WORDS: Mapping[str, bool] = {"true": True, "false": False}


def no_rows(dataset: Dataset, columns: Iterable[str]) -> pl.DataFrame:
    """A frame without rows, of the ``columns`` as the data set declares them."""
    return pl.DataFrame(schema={name: TYPES[dataset.columns[name].type] for name in columns})


def as_declared(rows: pl.DataFrame, dataset: Dataset, columns: Iterable[str]) -> pl.DataFrame:
    """``columns`` of ``rows``, in that order and of the types that the data set declares."""
    return rows.select(
        _column(rows, name, TYPES[dataset.columns[name].type]).alias(name) for name in columns
    )


def _column(rows: pl.DataFrame, name: str, wanted: Type) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(None, wanted)
    if rows.schema[name] == wanted:
        return pl.col(name)
    cast = _cast(pl.col(name), rows.schema[name], wanted)
    try:
        rows.head(0).select(cast)
    except PolarsError:
        return pl.lit(None, wanted)
    return cast


def _cast(column: pl.Expr, found: pl.DataType, wanted: Type) -> pl.Expr:
    if found.is_float() and (wanted.is_integer() or wanted == pl.String):
        whole = pl.when(column == column.round()).then(column.cast(pl.Int64, strict=False))
        return whole.cast(wanted)
    if found == pl.String and wanted.is_integer():
        return _cast(column.cast(pl.Float64, strict=False), pl.Float64(), wanted)
    if found == pl.String and wanted == pl.Boolean:
        return column.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
    return column.cast(wanted, strict=False)
