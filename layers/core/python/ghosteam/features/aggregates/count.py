"""How many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from ghosteam.features.aggregates import _sums

if TYPE_CHECKING:
    import polars as pl


class Count:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. Without rows it is 0."""

    name = "count"
    of: Literal["rows", "target"] = "rows"
    min_rows = 0
    additive = True

    def empty(self) -> int:
        return 0

    def add(self, partial: int, value: float) -> int:
        return partial + 1

    def merge(self, one: int, other: int) -> int:
        return one + other

    def finish(self, partial: int) -> float:
        return float(partial)

    def tile(self, value: pl.Expr) -> Mapping[str, pl.Expr]:
        import polars as pl

        return {"count": value.len().cast(pl.Int64)}

    def fold(self, column: pl.Expr, days: int) -> pl.Expr:
        return _sums.over_days(column, days)

    def finished(self, column: Callable[[str], pl.Expr]) -> pl.Expr:
        import polars as pl

        return column("count").cast(pl.Float64)


MEMBER = Count()
