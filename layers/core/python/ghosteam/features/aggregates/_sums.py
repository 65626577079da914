"""Exact sums: of integers, and of numbers as integers.

A number is counted in units of 2**-96, as a whole part and a fraction, each a 128-bit integer. A
sum of integers depends neither on the order of rows nor on how they are split, and one sum can be
taken out of another exactly: a window is the difference of two running totals. All numbers of
float64 between 2**-43 and 2**95 in size are exact in it; smaller ones lose what lies below 2**-96,
greater ones count as 2**95. There is room for 2**31 rows. The sum is rounded to float64 once it is
whole, by one unit in the last place at most.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_UNITS = 2**96
_MOST = 2.0**95


def units_of(value: float) -> int:
    """``value`` in units, towards zero where it is between two."""
    return int(Fraction(min(max(value, -_MOST), _MOST)) * _UNITS)


def number_of(units: int) -> float:
    """The number that so many units are."""
    whole, fraction = divmod(abs(units), _UNITS)
    return math.copysign(float(whole) + float(fraction) / _UNITS, units)


def tile_of(value: pl.Expr) -> Mapping[str, pl.Expr]:
    """The columns ``whole`` and ``fraction`` of a tile: the sums of both parts."""
    import polars as pl

    within = value.clip(-_MOST, _MOST)
    whole = within.cast(pl.Int128)  # towards zero
    fraction = ((within - whole.cast(pl.Float64)) * float(_UNITS)).cast(pl.Int128)
    return {"whole": whole.sum(), "fraction": fraction.sum()}


def number_in(whole: pl.Expr, fraction: pl.Expr) -> pl.Expr:
    """The number that both parts are, as :func:`number_of` has it: Float64."""
    import polars as pl

    carried = fraction // _UNITS
    whole, fraction = whole + carried, fraction - carried * _UNITS
    # Both parts get one sign: a small negative number would be lost beside a whole -1.
    borrowed = ((whole < 0) & (fraction > 0)).cast(pl.Int128)
    whole, fraction = whole + borrowed, fraction - borrowed * _UNITS
    return whole.cast(pl.Float64) + fraction.cast(pl.Float64) / float(_UNITS)


def over_tiles(column: pl.Expr, tiles: int) -> pl.Expr:
    """Sums of an integer column over the ``tiles`` rows before each: see ``Aggregate.fold``."""
    # What a tile has is in the running total from the next one on, and leaves it `tiles` later.
    total = column.fill_null(0).cum_sum().shift(1, fill_value=0)
    return total - total.shift(tiles, fill_value=0)
