"""The number at one end of the numbers of some rows, in their unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl


class Extreme:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. That of some rows cannot be
    taken out of that of all.

    ``chosen``: the one of two numbers that is further at this end; ``of_all``: the one of a
    column.
    """

    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 1
    additive = False

    def __init__(
        self,
        name: str,
        chosen: Callable[[float, float], float],
        of_all: Callable[[pl.Expr], pl.Expr],
    ) -> None:
        self.name, self._chosen, self._of_all = name, chosen, of_all

    def empty(self) -> float | None:
        return None

    def add(self, partial: float | None, value: float, at: int) -> float | None:
        return value if partial is None else self._chosen(partial, value)

    def merge(self, one: float | None, other: float | None) -> float | None:
        if one is None or other is None:
            return other if one is None else one
        return self._chosen(one, other)

    def finish(self, partial: float | None, end: int) -> float | None:
        return partial

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {self.name: self._of_all(value)}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return self._of_all(column)

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return column(self.name)
