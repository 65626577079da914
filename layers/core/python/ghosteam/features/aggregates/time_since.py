"""How long before the window's end a row became known last, in seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

_SECOND = 1_000_000


class TimeSince:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result is the time
    of the last row.
    """

    name = "time_since"
    of: Literal["rows", "numbers", "values"] = "rows"
    min_rows = 1
    additive = False

    def empty(self) -> int | None:
        return None

    def add(self, partial: int | None, value: float, at: int) -> int | None:
        return self.merge(partial, at)

    def merge(self, one: int | None, other: int | None) -> int | None:
        if one is None or other is None:
            return other if one is None else one
        return max(one, other)

    def finish(self, partial: int | None, end: int) -> float | None:
        return None if partial is None else (end - partial) / _SECOND

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {"at": at.max()}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.max()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return (end - column("at")) / _SECOND


MEMBER = TimeSince()
