"""How many different values there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

Partial = frozenset[Any]


class Distinct:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result are the
    values themselves; without rows it is 0.
    """

    name = "distinct"
    of: Literal["rows", "numbers", "values"] = "values"
    min_rows = 0
    additive = False

    def empty(self) -> Partial:
        return frozenset()

    def add(self, partial: Partial, value: Any, at: int) -> Partial:
        return partial | {value}

    def merge(self, one: Partial, other: Partial) -> Partial:
        return one | other

    def finish(self, partial: Partial, end: int) -> float:
        return float(len(partial))

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {"values": value.unique().implode()}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.drop_nulls().explode().unique().implode()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        import polars as pl

        return column("values").list.len().cast(pl.Float64)


MEMBER = Distinct()
