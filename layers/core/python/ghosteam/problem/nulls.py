"""Which values stand for null: one rule for cells of files and for values of requests."""

from __future__ import annotations

import math
from collections.abc import Iterable

BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What may stand around a marker: Unicode's white space."""


def is_null_text(text: str, markers: Iterable[str]) -> bool:
    """Whether a text is one of the markers, blanks around it aside."""
    return text.strip(BLANKS) in markers


def null_numbers(markers: Iterable[str]) -> frozenset[float]:
    """The markers that are finite numbers, as such: -999 stands for -999.0 too."""
    numbers = set()
    for marker in markers:
        try:
            numbers.add(float(marker))
        except ValueError:
            continue
    return frozenset(number for number in numbers if math.isfinite(number))
