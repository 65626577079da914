"""Numbers as people write them, and as the loop reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

_SIGNS = r"[€$£¥₹]|EUR|USD|GBP|CHF"
_PLAIN = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
STYLES: Mapping[str, str] = {
    "decimal comma": r"[+-]?(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d+)?",
    "thousands": r"[+-]?\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|" + _PLAIN,
    "percent": rf"(?:{_PLAIN}) ?%",
    "currency": rf"[+-]?(?:{_SIGNS}) ?(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|{_PLAIN})"
    rf"|(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|{_PLAIN}) ?(?:{_SIGNS})",
}
"""By name, what every cell of such a column looks like, as a regular expression of Rust."""
TOLD = {
    "decimal comma": "has decimal commas",
    "thousands": "has separated thousands",
    "percent": "has percent signs",
    "currency": "has a currency's sign",
}
_MARKS = {
    "decimal comma": r"\d,\d",
    "thousands": r"\d[, ]\d{3}",
    "percent": "%",
    "currency": _SIGNS,
}


def style_of(cells: pl.Series, *, comma_is_decimal: bool) -> str | None:
    """The style of a column's cells (without those for missing values); None for plain numbers and
    for what is no number. A comma before three digits is ``comma_is_decimal`` or separates them.
    """
    order = ["decimal comma", "thousands"] if comma_is_decimal else ["thousands", "decimal comma"]
    if cells.is_empty() or cells.str.contains(f"^(?:{_PLAIN})$").all():
        return None
    for style in [*order, "percent", "currency"]:
        if (
            cells.str.contains(f"^(?:{STYLES[style]})$").all()
            and cells.str.contains(_MARKS[style]).any()
        ):
            return style
    return None


def plain(style: str) -> Callable[[pl.Expr], pl.Expr]:
    """What makes plain numbers of a column of a style; other cells stay as they are."""
    if style == "decimal comma":
        return lambda cell: cell.str.replace_all("[. ]", "").str.replace(",", ".", literal=True)
    if style == "thousands":
        return lambda cell: cell.str.replace_all("[, ]", "")
    return lambda cell: cell.str.replace_all(rf"[%, ]|{_SIGNS}", "")


def replaced(column: str, style: str) -> pl.Expr:
    """The column with plain numbers for all cells of that style."""
    cell = pl.col(column).str.strip_chars()
    return (
        pl.when(cell.str.contains(f"^(?:{STYLES[style]})$"))
        .then(plain(style)(cell))
        .otherwise(pl.col(column))
        .alias(column)
    )
