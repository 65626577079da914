"""What a batch looks like: a profile a column, and five measures of quality.

Completeness: share of declared cells that hold a value, over all rows. Validity: share of rows that
satisfy the contract. Consistency: share of rows whose columns suit one another: of those that are
read, they break no rule of a contract about the whole row, and state a time and an outcome that can
be. Uniqueness: share of the valid ones that no newer row of the same key follows.
Freshness: seconds from the newest row's time to the landing (negative when rows are about the
future), null for a static data set. A measure of no rows is null.
"""

from __future__ import annotations

import math
from datetime import datetime

import polars as pl

from ghosteam.documents.batch_profile import ColumnProfile
from ghosteam.problem.datasets import Column

QUANTILES = (0.0, 0.01, *(part / 20 for part in range(1, 20)), 0.99, 1.0)
TOP = 10


def profile_column(values: pl.Series, column: Column) -> ColumnProfile:
    """The profile of one column's valid values, JSON-ready. Quantiles by linear interpolation; ties
    of ``top`` by value.
    """
    profile: ColumnProfile = {
        "type": column.type,
        "rows": values.len(),
        "nulls": values.null_count(),
    }
    known = values.drop_nulls()
    if known.is_empty():
        return profile
    match column.type:
        case "integer" | "number":
            profile["mean"] = _finite_mean(known)
            ordered = known.sort()  # once for all of them
            profile["quantiles"] = {f"{q:g}": _finite_quantile(ordered, q) for q in QUANTILES}
        case "timestamp":
            first, last = known.min(), known.max()
            assert isinstance(first, datetime) and isinstance(last, datetime)
            profile["min"], profile["max"] = first.isoformat(), last.isoformat()
        case "boolean":
            profile["true"] = int(known.sum())
        case "string":
            counts = known.value_counts(name="rows").sort(
                ["rows", known.name], descending=[True, False]
            )
            profile["distinct"] = counts.height
            profile["top"] = [
                {"value": value, "rows": rows} for value, rows in counts.head(TOP).iter_rows()
            ]
    return profile


def _finite_mean(known: pl.Series) -> float:
    """The mean, scaled before it is summed where the plain sum leaves the range of floats."""
    mean = float(known.mean())  # type: ignore[arg-type]
    return mean if math.isfinite(mean) else float((known / known.len()).sum())


def _finite_quantile(known: pl.Series, share_below: float) -> float:
    """The quantile, of halves where the distance of two neighbours leaves the range of floats."""
    found = known.quantile(share_below, interpolation="linear")
    assert found is not None
    if math.isfinite(found):
        return found
    half = (known / 2).quantile(share_below, interpolation="linear")
    assert half is not None
    return half * 2


def share(part: int, whole: int) -> float | None:
    """``part / whole``, or None of nothing."""
    return part / whole if whole else None


def quality(
    *,
    rows: int,
    cells: int,
    filled: int,
    valid: int,
    followed: int,
    contradicting: int,
    unread: int,
    freshness_seconds: float | None,
) -> dict[str, float | None]:
    """The measures. ``cells``: rows times declared columns; ``filled``: those that are not null;
    ``valid``: rows that were let in; ``followed``: rows that satisfy the contract too, and have a
    newer one of the same key; ``contradicting``: rows whose columns do not suit one another;
    ``unread``: rows that are no rows of a table.
    """
    return {
        "completeness": share(filled, cells),
        "validity": share(valid + followed, rows),
        "uniqueness": share(valid, valid + followed),
        "consistency": share(rows - unread - contradicting, rows - unread),
        "freshness_seconds": freshness_seconds,
    }
