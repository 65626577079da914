"""The parts that rows are cut into by the values of ``promote.slices``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

MIN_SLICE_ROWS = 200
SLICE_ALPHA = 0.05
"""Chance that any slice of an equally good model is found worse."""
_WHOLE = 2**53
"""From here on a float has no fractions."""


def slices_of(frame: pl.DataFrame, columns: Sequence[str]) -> Mapping[str, NDArray[np.bool_]]:
    """The rows ``(n,)`` of each slice, by ``column=value`` or ``column is null``: rows without a
    value are a slice of their own. A number is written alike whatever type holds it.
    """
    inside: dict[str, NDArray[np.bool_]] = {}
    for column in columns:
        values = _written(frame.get_column(column)).to_numpy()
        for value in sorted({value for value in values if value is not None}):
            inside[f"{column}={value}"] = values == value
        if (nulls := frame.get_column(column).is_null().to_numpy()).any():
            inside[f"{column} is null"] = nulls
    return inside


def _written(column: pl.Series) -> pl.Series:
    """As text; whole floats without their fraction, and booleans as the log has them."""
    if column.dtype == pl.Boolean:
        return column.cast(pl.Int8).cast(pl.String)
    if not column.dtype.is_float():
        return column.cast(pl.String)
    whole = (column.abs() < _WHOLE) & (column == column.floor())
    return (
        column.cast(pl.Int64, strict=False)
        .cast(pl.String)
        .zip_with(whole.fill_null(False), column.cast(pl.String))
    )
