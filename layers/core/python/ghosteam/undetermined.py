"""A quantity that the data cannot determine is a value with a reason: never NaN, never a made-up
zero.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Undetermined:
    """``reason`` says what is missing, in words that a reader of a report understands."""

    reason: str
