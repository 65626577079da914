"""Numbers as people write them: which mark comes before the fraction, which between thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

NONE = "none"
_SPACES = " \xa0\u2009\u202f"
_GROUPS = {" ": f"[{_SPACES}]", "'": "['’]"}
_TELLS_COMMA = re.compile(
    rf"[+-]?(\d+,(\d{{1,2}}|\d{{4,}})|0,\d+|\d{{1,3}}([.{_SPACES}'’]\d{{3}})+,\d+|,\d+)"
)
"""A number that can only have a decimal comma."""
_TELLS_POINT = re.compile(
    rf"[+-]?(\d+\.(\d{{1,2}}|\d{{4,}})?|0\.\d+|\d{{1,3}}([,{_SPACES}'’]\d{{3}})+\.\d+|\.\d+"
    r"|\d{1,3}(,\d{3}){2,}|\d+\.\d+[eE][+-]?\d+)"
)
"""A number that can only have a decimal point."""
_POINTS_GROUP = re.compile(r"[+-]?\d{1,3}(\.\d{3}){2,}")
_GROUPED = re.compile(rf"[+-]?\d{{1,3}}(?:([.,{_SPACES}'’])\d{{3}})(?:\1\d{{3}})*(?:[.,]\d+)?")


def style_of(
    cells: Iterable[str], *, decimal: str | None, thousands: str | None
) -> tuple[str, str]:
    """The mark before the fraction and the one between thousands ("none" where there is none) in
    the numbers of a file, where they leave no other reading. What is declared is taken as it is.
    """
    texts = [cell.strip() for cell in cells]
    if decimal is None:
        comma = any(_TELLS_COMMA.fullmatch(text) for text in texts)
        point = any(_TELLS_POINT.fullmatch(text) for text in texts)
        several_points = any(_POINTS_GROUP.fullmatch(text) for text in texts)
        decimal = "," if (comma or several_points) and not point else "."
    return decimal, _thousands(texts, decimal) if thousands is None else thousands


def _thousands(texts: list[str], decimal: str) -> str:
    """The mark that stands between thousands, where it can be nothing else: beside the other one
    before a fraction, or twice in a number.
    """
    for text in texts:
        found = _GROUPED.fullmatch(text)
        if found is None or (mark := found[1]) == decimal:
            continue
        if mark in ".,":
            if text.count(mark) > 1 or decimal in text:
                return mark
        else:
            return " " if mark in _SPACES else "'"
    return NONE


def plain_numbers(text: pl.Series, decimal: str, thousands: str) -> pl.Series:
    """Texts of numbers as a program writes them: null where a text is no number of this style."""
    point = re.escape(decimal)
    whole = r"\d+"
    if thousands != NONE:
        group = _GROUPS.get(thousands, re.escape(thousands))
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)"
        bare = text.str.replace_all(group, "")
    else:
        bare = text
    number = rf"^[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?$"
    is_number = text.str.contains(number).fill_null(False)
    if decimal != ".":
        bare = bare.str.replace_all(decimal, ".", literal=True)
    return bare.set(~is_number, None)
