"""What an aggregate is, and which there are.

An aggregate is a mergeable algebra over the rows of a group, written twice: in plain Python, which
is its definition, and for polars, which is what runs. Rows become a partial result a day (a tile),
and a window is a fold of tiles, so that work is proportional to rows and days, whatever the windows
are. Polars is imported in functions: the grammar and the prediction path read these files too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast

from ghosteam.problem.aggregates import AGGREGATES as DESCRIBED
from ghosteam.problem.aggregates import Numbered
from ghosteam.registry import Registry

if TYPE_CHECKING:
    import polars as pl

    from ghosteam.problem.window import Window

Partial = TypeVar("Partial")


class Aggregate(Protocol[Partial]):
    """One aggregate; :class:`ghosteam.problem.aggregates.AggregateDescriptor` says what ``of`` and
    ``min_rows`` are.

    ``merge`` is associative and commutative with ``empty`` as its neutral element, exactly: partial
    results are integers, or of another kind whose sums do not depend on an order. One whose answer
    without rows is a number has a number for all rows, and that of no rows is what a feature is for
    a group that has none. Times are microseconds since 1970.

    ``additive``: the columns of tiles are integers that are summed, so that the tile of some rows
    can be taken out of that of all. Its windows are kept up to date by what a batch adds and takes
    away; those of others are made anew from all rows within their reach.
    """

    name: str
    of: Literal["rows", "numbers", "values"]
    min_rows: int
    additive: bool

    def empty(self) -> Partial:
        """The partial result of no rows."""

    def add(self, partial: Partial, value: Any, at: int) -> Partial:
        """``partial`` with one more row, whose ``value`` became known ``at`` that time. Of
        ``numbers`` and of ``rows`` it is a finite float, of ``values`` a value of any column.
        """

    def merge(self, one: Partial, other: Partial) -> Partial:
        """The partial result of the rows of both."""

    def finish(self, partial: Partial, end: int) -> float | None:
        """The feature of a window that ends at ``end``; None where the rows do not determine it."""

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        """The columns of a tile: aggregations of its rows, of which it has one or more; ``value``
        and ``at`` (Int64) as in :meth:`add`, without null and NaN.
        """

    def fold(self, column: pl.Expr) -> pl.Expr:
        """One column of a tile, aggregated over tiles in the order of their days; a day without
        rows is null. Not asked of what is ``additive``: its columns are summed.
        """

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        """The feature, Float64, from the folded columns by their names and the windows' ends
        (Int64); null where it is not determined. Each has one row or more.
        """


AGGREGATES = cast("Registry[Aggregate[Any]]", DESCRIBED)


def aggregate_of(window: Window) -> Aggregate[Any]:
    """The aggregate of a window."""
    found = AGGREGATES.find(window.aggregate)
    if window.n is not None and isinstance(found, Numbered):
        return cast("Aggregate[Any]", found.numbered(window.n))
    return found


def without_rows(aggregate: Aggregate[Any]) -> float | None:
    """What the feature is for a group that has no rows."""
    return aggregate.finish(aggregate.empty(), 0)
