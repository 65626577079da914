"""The mean of the numbers, in their unit: of 0 and 1 the share of 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from ghosteam.features.aggregates import _sums

if TYPE_CHECKING:
    import polars as pl

Partial = tuple[int, int]


class Mean:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result is the
    number of rows and the sum in the units of ``_sums``; without rows there is no mean.
    """

    name = "mean"
    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 20
    additive = True

    def empty(self) -> Partial:
        return (0, 0)

    def add(self, partial: Partial, value: float, at: int) -> Partial:
        return (partial[0] + 1, partial[1] + _sums.units_of(value))

    def merge(self, one: Partial, other: Partial) -> Partial:
        return (one[0] + other[0], one[1] + other[1])

    def finish(self, partial: Partial, end: int) -> float | None:
        count, total = partial
        return _sums.number_of(total) / count if count else None

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        import polars as pl

        return {"count": value.len().cast(pl.Int64), **_sums.tile_of(value)}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.sum()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return _sums.number_in(column("whole"), column("fraction")) / column("count")


MEMBER = Mean()
