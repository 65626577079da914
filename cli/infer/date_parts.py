"""Columns that are parts of a date, by their names and values."""

from __future__ import annotations

import re
from typing import Literal

Part = Literal["year", "month", "day", "hour", "minute"]
PARTS: dict[Part, tuple[frozenset[str], int, int]] = {
    "year": (frozenset({"year", "yr", "yyyy", "jahr", "annee", "année", "ano", "año"}), 1700, 2200),
    "month": (frozenset({"month", "mnth", "mon", "mo", "mm", "monat", "mois", "mes"}), 1, 12),
    "day": (frozenset({"day", "dayofmonth", "mday", "dom", "dd", "tag", "jour", "dia"}), 1, 31),
    "hour": (frozenset({"hour", "hr", "hh", "hourofday", "stunde", "heure", "hora"}), 0, 24),
    "minute": (frozenset({"minute", "min", "mi", "minuto"}), 0, 59),
}
"""By the part: what it is called, and its least and greatest value."""


def part_of_date(name: str) -> Part | None:
    """The part that a column of that name is."""
    bare = re.sub(r"[\W_]", "", name.lower())
    return next((part for part, (names, _, _) in PARTS.items() if bare in names), None)


def in_range(part: Part, low: float | None, high: float | None) -> bool:
    """Whether a column's least and greatest value can be those of that part."""
    _, least, greatest = PARTS[part]
    return low is not None and high is not None and least <= low and high <= greatest
