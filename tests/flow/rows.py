"""Rows that are valid, and that no other test uses."""

from __future__ import annotations

import itertools
import time
from typing import Any

from tests.builders import flights, plane

Row = dict[str, Any]
_numbers = itertools.count(int(time.time()) * 100)


def new_number() -> int:
    """A number that nothing has yet."""
    return next(_numbers)


def new_flights(count: int) -> list[Row]:
    """Valid flights of numbers that no airline and no other test uses."""
    return [{**row, "flight": new_number()} for row in flights(count)]


def new_planes(count: int, **changes: Any) -> list[Row]:
    """Valid aircraft that no other test uses."""
    return [plane(tailnum=f"T{new_number()}", **changes) for _ in range(count)]
