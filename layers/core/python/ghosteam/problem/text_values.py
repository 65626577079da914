"""What columns of text, of whole numbers and of booleans take from sources whose values have types:
Parquet, JSON lines and requests.

A key is looked up by what these functions return, wherever it came from. They know no library of
tables: the request path holds none.
"""

from __future__ import annotations

import math
from decimal import Decimal

MAX_TEXT = 256
"""Characters of a key, a group or a feature: at most 1,024 bytes of UTF-8, what DynamoDB takes as a
sort key.
"""

EXACT = 2**53
"""Whole numbers below it are exact as floats; a float from here on names no certain number."""


def text_value(value: object) -> str:
    """``value`` as a column of text holds it: text as it is, bytes as the UTF-8 that they are, a
    whole number (5, 5.0) as its digits.

    Raises:
        ValueError: it is none of these, such as 5.5, true or a list.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode()
    whole = whole_number(value)
    if isinstance(whole, int) and not isinstance(whole, bool):
        return str(whole)
    raise ValueError(f"{value!r} is no text")


def boolean_value(value: object) -> object:
    """The numbers 1 and 0 as the booleans that they stand for; everything else as it comes."""
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    return value


def whole_number(value: object) -> object:
    """A float or a decimal without a fraction as the integer that it is; everything else as it
    comes.
    """
    if isinstance(value, float):
        return (
            int(value) if math.isfinite(value) and value % 1 == 0 and abs(value) < EXACT else value
        )
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value % 1 == 0 else value
    return value
