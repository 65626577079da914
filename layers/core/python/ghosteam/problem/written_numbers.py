"""How numbers are written in files: the marks in them, and what stands beside them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

DecimalMark = Literal[".", ","]
ThousandsMark = Literal[",", ".", " ", "'", "_", "none"]
_LONGEST = 10
_OF_NUMBERS = re.compile(r"[\d,'_+\-\s]|^\.|^[eE]$")


def _symbol(text: str) -> str:
    if not 0 < len(text) <= _LONGEST or _OF_NUMBERS.search(text):
        raise ValueError(
            f"{text!r} is no symbol that stands beside numbers, such as '%', '€', USD or kg"
        )
    return text


Symbol = Annotated[str, AfterValidator(_symbol)]


def check_marks(decimal: str | None, thousands: str | None) -> None:
    """Raises ValueError where one mark would mean both."""
    if decimal is not None and decimal == thousands:
        raise ValueError(f"decimal and thousands are both {decimal!r}")
