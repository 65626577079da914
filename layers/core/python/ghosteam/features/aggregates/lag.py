"""The number that became known as the ``n``-th last: with 1 the last, with 2 the one before it; of
those of one time the greater counts as the later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    import polars as pl

Partial = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Lag:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result are times
    and numbers of the last ``n`` rows, the newest first.
    """

    n: int = 1

    name: ClassVar[str] = "lag"
    of: ClassVar[Literal["rows", "numbers", "values"]] = "numbers"
    min_rows: ClassVar[int] = 1
    additive: ClassVar[bool] = False

    def numbered(self, n: int) -> Lag:
        return Lag(n)

    def empty(self) -> Partial:
        return ()

    def add(self, partial: Partial, value: float, at: int) -> Partial:
        return self.merge(partial, ((at, value),))

    def merge(self, one: Partial, other: Partial) -> Partial:
        return tuple(sorted((*one, *other), reverse=True)[: self.n])

    def finish(self, partial: Partial, end: int) -> float | None:
        return partial[self.n - 1][1] if len(partial) == self.n else None

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        return {"newest": value.sort_by([at, value], descending=True).head(self.n).implode()}

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.drop_nulls().reverse().explode().head(self.n).implode()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        return column("newest").list.get(self.n - 1, null_on_oob=True)


MEMBER = Lag()
