"""What a check tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Mark = Literal["✓", "✗", "!", " "]
"""Good; a fault, which a deployment would meet; something to look at; a detail."""


@dataclass(frozen=True)
class Line:
    """One thing that was found."""

    mark: Mark
    text: str


Tell = Callable[[str, list[Line]], None]
"""Is given the name of a part of the check, and what it found."""
