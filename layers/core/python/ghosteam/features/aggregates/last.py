"""The number that became known last; of those of one time the greatest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Partial = tuple[int, float] | None


class Last:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result is the time
    and the number.
    """

    name = "last"
    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 1
    additive = False

    def empty(self) -> Partial:
        return None

    def add(self, partial: Partial, value: float, at: int) -> Partial:
        return self.merge(partial, (at, value))

    def merge(self, one: Partial, other: Partial) -> Partial:
        if one is None or other is None:
            return other if one is None else one
        return max(one, other)

    def finish(self, partial: Partial, end: int) -> float | None:
        return None if partial is None else partial[1]

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {"last": value.sort_by([at, value]).last()}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.drop_nulls().last()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return column("last")


MEMBER = Last()
