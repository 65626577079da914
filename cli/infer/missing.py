"""Words and numbers that stand for a missing value."""

from __future__ import annotations

import polars as pl

from cli.column_statistics import greatest, least

_GERMAN = frozenset({"k.a.", "k. a.", "keine angabe", "unbekannt"})
CLEAR = frozenset({"", "?", "n/a", "#n/a", "nan", "null", "<na>", "(null)", "\\n", "nil", "#null!"})
"""In lower case: they are missing values in every column."""
IN_NUMBERS = (
    frozenset({"na", "none", "-", "--", ".", "unknown", "missing", "unk", "n.a.", "void"}) | _GERMAN
)
"""These are so among numbers and times; among texts they may be values."""
OF_OUTCOMES = (
    frozenset({"na", "unknown", "missing", "unk", "n.a.", "-", "tbd", "pending"}) | _GERMAN
)
"""These say of an outcome that it is not known."""
_SENTINELS = (-9999999, -999999, -99999, -9999, -999, -99, 999, 9999, 99999, 999999, 9999999)
_FEWEST = 3
_FAR = 4.0


def missing_words(counts: pl.DataFrame, words: frozenset[str]) -> list[str]:
    """The cells of a column that are among ``words``, whatever their case, as they are written.
    ``counts``: ``cell`` without blanks around it, and ``rows``.
    """
    lower = counts["cell"].str.to_lowercase()
    return counts.filter(lower.is_in(list(words)))["cell"].to_list()


def sentinels(values: pl.Series, rows: pl.Series) -> list[int]:
    """Numbers such as -999 that lie far outside of all others, and often. ``values``: the different
    ones of a column; ``rows``: how many rows have each.
    """
    counts = pl.DataFrame({"value": values, "rows": rows}).drop_nulls()
    found = []
    for sentinel in _SENTINELS:
        is_it = pl.col("value") == sentinel
        often = int(counts.filter(is_it)["rows"].sum())
        others = counts.filter(~is_it)
        if often < _FEWEST or others.is_empty():
            continue
        low, high = least(others["value"]), greatest(others["value"])
        reach = max(high - low, abs(high), abs(low), 1.0)
        outside = sentinel < low if sentinel < 0 else sentinel > high
        if outside and abs(sentinel) > _FAR * reach:
            found.append(sentinel)
            counts = others
    return found
