"""The greatest of the numbers, in their unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl


class Max:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. The greatest number of some
    rows cannot be taken out of that of all.
    """

    name = "max"
    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 1
    additive = False

    def empty(self) -> float | None:
        return None

    def add(self, partial: float | None, value: float, at: int) -> float | None:
        return value if partial is None else max(partial, value)

    def merge(self, one: float | None, other: float | None) -> float | None:
        if one is None or other is None:
            return other if one is None else one
        return max(one, other)

    def finish(self, partial: float | None, end: int) -> float | None:
        return partial

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {"max": value.max()}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.max()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return column("max")


MEMBER = Max()
