"""JSON whose numbers are numbers: what is read by it can be written again."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(text: str | bytes) -> Any:
    """The value of a JSON document.

    Raises:
        ValueError: it is none, or holds NaN, Infinity, or a number beyond the range of floats.
        RecursionError: it is nested too deeply.
    """
    return json.loads(text, parse_constant=_no_number, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is beyond the range of numbers")
    return number


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
