"""How many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl


class Count:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. Without rows it is 0."""

    name = "count"
    of: Literal["rows", "numbers", "values"] = "rows"
    min_rows = 0
    additive = True

    def empty(self) -> int:
        return 0

    def add(self, partial: int, value: float, at: int) -> int:
        return partial + 1

    def merge(self, one: int, other: int) -> int:
        return one + other

    def finish(self, partial: int, end: int) -> float:
        return float(partial)

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        import polars as pl

        return {"count": value.len().cast(pl.Int64)}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.sum()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        import polars as pl

        return column("count").cast(pl.Float64)


MEMBER = Count()
