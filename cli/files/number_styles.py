"""How the numbers of a column are written, as all its cells together show it: with a symbol beside
them, or with marks that a single cell leaves open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import polars as pl

from ghosteam.data.number_styles import NONE, plain_numbers
from ghosteam.data.written_numbers import without_symbol

_SYMBOLS = ("%", "US$", "€", "$", "£", "¥", "₹", "EUR", "USD", "GBP", "CHF", "kr", "zł", "Kč")
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_COMMA_STYLES = ((",", "."), (",", " "))
_POINT_STYLES = ((".", ","), (".", " "), (".", "'"))
_GROUPED = {
    ",": r"\d,\d",
    ".": r"\d\.\d",
    "'": r"\d['’]\d",
    " ": r"\d[ \x{a0}\x{2009}\x{202f}]\d",
}
"""Where a mark between thousands shows."""
_BEHIND = r"^[+-]?[\d.,'’\x{a0}\x{2009}\x{202f} ]*\d\s*([^\d\s.,'’_+-]{1,10})$"
_FEWEST = 3
_FRACTION = r"\d\.\d"


@dataclass(frozen=True)
class NumberStyle:
    """``symbol``: what stands beside the numbers, if anything; their marks, and whether one of them
    has a decimal point, which a file with decimal commas would not have.
    """

    symbol: str | None = None
    decimal: str = "."
    thousands: str = NONE
    has_points: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether programs write numbers so."""
        return (self.symbol, self.decimal, self.thousands) == (None, ".", NONE)

    @property
    def told(self) -> str:
        """In words."""
        told = [f"numbers with {self.symbol}"] if self.symbol else []
        if self.decimal == ",":
            told.append("decimal commas")
        if self.thousands != NONE:
            told.append(f"thousands separated by {self.thousands!r}")
        return ", ".join(told)


def style_of(cells: pl.Series, *, comma_is_decimal: bool) -> NumberStyle | None:
    """The style of a column's cells (without those for missing values); None for what is no
    number. A comma before three digits is ``comma_is_decimal`` or separates them.
    """
    if cells.is_empty():
        return None
    bare = cells.str.strip_chars()
    symbol = next((one for one in _SYMBOLS if bare.str.contains(one, literal=True).any()), None)
    symbol = symbol or _unit(bare)
    if symbol is not None:
        bare = without_symbol(bare, symbol)
    marks = _marks(bare, comma_is_decimal=comma_is_decimal)
    if marks is None:
        return None
    points = marks[0] == "." and bool(bare.str.contains(_FRACTION).any())
    return NumberStyle(symbol, *marks, has_points=points)


def _unit(bare: pl.Series) -> str | None:
    """The word that stands behind all numbers, such as kg: apart from them, or behind a fraction.
    What stands directly behind whole numbers alone makes codes of them.
    """
    if bare.len() < _FEWEST:
        return None
    units = bare.str.extract(_BEHIND, 1)
    if units.null_count() or units.n_unique() > 1 or units[0] in ("e", "E"):
        return None
    apart = bare.str.contains(r"\d\s").all() or bare.str.contains(r"\d[.,]\d").any()
    return str(units[0]) if apart else None


def _marks(bare: pl.Series, *, comma_is_decimal: bool) -> tuple[str, str] | None:
    """Marks by which all are numbers."""
    if bare.str.contains(_PLAIN).all():
        return ".", NONE
    styles = (_COMMA_STYLES, _POINT_STYLES) if comma_is_decimal else (_POINT_STYLES, _COMMA_STYLES)
    for decimal, thousands in chain(*styles):
        if decimal == "," and not bare.str.contains(",", literal=True).any():
            continue
        if plain_numbers(bare, decimal, thousands).null_count() == 0:
            return decimal, thousands if bare.str.contains(_GROUPED[thousands]).any() else NONE
    return None
