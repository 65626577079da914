"""The standard deviation of the numbers, in their unit: with n - 1, so that of one row there is
none.

Sums of squares cancel: to be exact, numbers are counted in steps of 2**-48, as a whole part and a
fraction, and so are their squares and products. Numbers of 2**-48 (4e-15) and less count as 0,
those beyond 2**47 (1e14) as 2**47.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

_STEPS = 2**48
_MOST = 2.0**47
Partial = tuple[int, int, int, int, int, int]
_COLUMNS = ("count", "whole", "fraction", "wholes", "products", "fractions")


class Std:
    """See :class:`~ghosteam.features.aggregates.aggregate.Aggregate`. A partial result is the
    number of rows, the sums of both parts, and those of their squares and products.
    """

    name = "std"
    of: Literal["rows", "numbers", "values"] = "numbers"
    min_rows = 20
    additive = True

    def empty(self) -> Partial:
        return (0, 0, 0, 0, 0, 0)

    def add(self, partial: Partial, value: float, at: int) -> Partial:
        within = min(max(value, -_MOST), _MOST)
        whole = int(within)
        fraction = int((within - whole) * _STEPS)
        row = (1, whole, fraction, whole * whole, whole * fraction, fraction * fraction)
        return self.merge(partial, row)

    def merge(self, one: Partial, other: Partial) -> Partial:
        count, whole, fraction, wholes, products, fractions = map(sum, zip(one, other, strict=True))
        return (count, whole, fraction, wholes, products, fractions)

    def finish(self, partial: Partial, end: int) -> float | None:
        count, whole, fraction, wholes, products, fractions = partial
        if count < 2:
            return None
        total = whole * _STEPS + fraction
        squares = wholes * _STEPS**2 + 2 * products * _STEPS + fractions
        variance = Fraction(count * squares - total**2, count * (count - 1) * _STEPS**2)
        return math.sqrt(variance)

    def tile(self, value: pl.Expr, at: pl.Expr) -> Mapping[str, pl.Expr]:
        import polars as pl

        within = value.clip(-_MOST, _MOST)
        whole = within.cast(pl.Int128)  # towards zero
        fraction = ((within - whole.cast(pl.Float64)) * float(_STEPS)).cast(pl.Int128)
        return {
            "count": value.len().cast(pl.Int64),
            "whole": whole.sum(),
            "fraction": fraction.sum(),
            "wholes": (whole * whole).sum(),
            "products": (whole * fraction).sum(),
            "fractions": (fraction * fraction).sum(),
        }

    def fold(self, column: pl.Expr) -> pl.Expr:
        return column.sum()

    def finished(self, column: Callable[[str], pl.Expr], end: pl.Expr) -> pl.Expr:
        import polars as pl

        columns = [column(name) for name in _COLUMNS]
        return pl.map_batches(columns, self._each, return_dtype=pl.Float64)

    def _each(self, columns: Sequence[pl.Series]) -> pl.Series:
        """In whole numbers of any size: what is squared here has more than 128 bits."""
        import polars as pl

        partials = zip(*(column.to_list() for column in columns), strict=True)
        return pl.Series([self.finish(one, 0) for one in partials], dtype=pl.Float64)


MEMBER = Std()
