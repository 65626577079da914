"""The sum of the numbers, in their unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from ghosteam.features.aggregates import _sums

if TYPE_CHECKING:
    import polars as pl


class Sum:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result is the sum
    in the units of ``_sums``; without rows it is 0.
    """

    name = "sum"
    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 0
    additive = True

    def empty(self) -> int:
        return 0

    def add(self, partial: int, value: float, at: int) -> int:
        return partial + _sums.units_of(value)

    def merge(self, one: int, other: int) -> int:
        return one + other

    def finish(self, partial: int, end: int) -> float:
        return _sums.number_of(partial)

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return _sums.tile_of(value)

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.sum()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return _sums.number_in(column("whole"), column("fraction"))


MEMBER = Sum()
