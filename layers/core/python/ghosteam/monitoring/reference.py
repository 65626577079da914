"""The reference profile of a model: what its training data looked like, and how much windows of it
differ by themselves.

Real data moves: one week of a quarter's weather is far from the whole quarter. A fixed threshold
would cry wolf, so the profile carries, for each feature, the largest distance between a stretch of
one window's length and the rest of the reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.monitoring.jensen_shannon import jensen_shannon_distance
from ghosteam.monitoring.ks import Floats, ecdf, ks_distance

VERSION = 2
TOP_CATEGORIES = 200
OTHER = "\x00other"
STEPS_PER_WINDOW = 4
MIN_BLOCK_ROWS = 30

Span = tuple[int, int]


def build_reference(
    frame: pl.DataFrame,
    *,
    numeric: Sequence[str],
    categorical: Sequence[str],
    event_time: str,
    window: timedelta,
    outputs: Mapping[str, Floats] | None = None,
) -> dict[str, Any]:
    """Profile of ``frame`` (n_rows >= 1; numbers, strings, and a timestamp column ``event_time``
    without nulls), JSON-ready.

    NaN and infinite numbers count as missing. ``outputs`` are the model's on its hold-out, by name,
    of any length. Raises InvalidInput when the frame has no rows.

    ``{"version", "rows", "window_seconds", "numeric": {name: {"ecdf", "null_rate", "noise"}},
    "categorical": {name: {"counts", "null_rate", "noise"}}, "outputs": {name: {"ecdf"}}}``.
    ``noise`` is null when the frame is shorter than two windows, else ``{"distance", "null_rate",
    "blocks"}``: the largest distance (null where no block had values) and change of the null rate
    between a block of length ``window`` and the rest; blocks begin every quarter of a window.
    """
    if frame.is_empty():
        raise InvalidInput("A reference needs rows", remedy="Train on a window that holds events")
    ordered = frame.sort(event_time)
    blocks = _blocks(
        ordered[event_time].dt.epoch("us").to_numpy(), int(window.total_seconds() * 1e6)
    )
    return {
        "version": VERSION,
        "rows": frame.height,
        "window_seconds": window.total_seconds(),
        "numeric": {name: _numeric(as_floats(ordered[name]), blocks) for name in numeric},
        "categorical": {name: _categorical(ordered[name], blocks) for name in categorical},
        "outputs": {
            name: {"ecdf": ecdf(values).as_record()} for name, values in (outputs or {}).items()
        },
    }


def as_floats(series: pl.Series) -> Floats:
    """Values as float64, shape ``(n_rows,)``; null, NaN and infinite become NaN."""
    values = np.array(series.cast(pl.Float64).to_numpy(), dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def count_categories(series: pl.Series, known: Sequence[str]) -> Floats:
    """Counts of the non-null values, in the order of ``known``; values outside it add to
    :data:`OTHER`, when that is known.
    """
    counts = Counter(dict(series.drop_nulls().cast(pl.String).value_counts().iter_rows()))
    inside = {name: counts.pop(name, 0) for name in known}
    if OTHER in inside:
        inside[OTHER] += counts.total()
    return np.array([inside[name] for name in known], dtype=np.float64)


def _blocks(times: np.ndarray[Any, np.dtype[np.int64]], window: int) -> list[Span]:
    """Row ranges of blocks of length ``window`` in ascending ``times``; none when there are fewer
    than two windows.
    """
    first, last = int(times[0]), int(times[-1])
    if last - first < 2 * window:
        return []
    starts = np.arange(first, last - window + 1, max(1, window // STEPS_PER_WINDOW))
    begins = np.searchsorted(times, starts, side="left").tolist()
    ends = np.searchsorted(times, starts + window, side="left").tolist()
    return [(begin, end) for begin, end in zip(begins, ends, strict=True) if end > begin]


def _numeric(values: Floats, blocks: list[Span]) -> dict[str, Any]:
    missing = np.isnan(values)
    present = values[~missing]
    if not present.size:
        return {"ecdf": None, "null_rate": 1.0, "noise": None}
    whole = ecdf(present)

    def distance(begin: int, end: int) -> float | None:
        block = values[begin:end][~missing[begin:end]]
        if not MIN_BLOCK_ROWS <= block.size < present.size:
            return None
        # The block is part of the whole: F_block - F_rest = (F_block - F_whole) * n / (n -
        # n_block), exactly.
        return min(1.0, ks_distance(whole, block) * present.size / (present.size - block.size))

    return {
        "ecdf": whole.as_record(),
        "null_rate": float(missing.mean()),
        "noise": _noise(missing, blocks, distance),
    }


def _categorical(series: pl.Series, blocks: list[Span]) -> dict[str, Any]:
    counts = Counter(dict(series.drop_nulls().cast(pl.String).value_counts().iter_rows()))
    # Ties in an arbitrary order would make equal data give unequal profiles.
    top = sorted(counts, key=lambda name: (-counts[name], name))[:TOP_CATEGORIES]
    known = [*top, OTHER]
    whole = count_categories(series, known)

    def distance(begin: int, end: int) -> float | None:
        block = count_categories(series[begin:end], known)
        if not MIN_BLOCK_ROWS <= block.sum() < whole.sum():
            return None
        return jensen_shannon_distance(whole - block, block)

    return {
        "counts": dict(zip(known, whole.astype(int).tolist(), strict=True)),
        "null_rate": series.null_count() / series.len(),
        "noise": _noise(series.is_null().to_numpy(), blocks, distance),
    }


def _noise(
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    blocks: list[Span],
    distance: Callable[[int, int], float | None],
) -> dict[str, Any] | None:
    if not blocks:
        return None
    total, rows = int(missing.sum()), missing.size
    changes = []
    for begin, end in blocks:
        inside, size = int(missing[begin:end].sum()), end - begin
        if size < rows:
            changes.append(abs(inside / size - (total - inside) / (rows - size)))
    distances = [found for begin, end in blocks if (found := distance(begin, end)) is not None]
    return {
        "distance": max(distances, default=None),
        "null_rate": max(changes, default=0.0),
        "blocks": len(blocks),
    }
