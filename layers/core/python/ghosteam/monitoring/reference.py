"""The reference profile of a model: what its training data looked like, and how much windows of it
differ by themselves.

Real data moves: one week of a quarter's weather is far from the whole quarter. A fixed threshold
would cry wolf, so the profile carries, for each feature, the largest distance between a stretch of
one window's length and the rest of the reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import DETECTORS, Detector, as_values
from ghosteam.problem.policies import Detectors

VERSION = 3
OF_OUTPUTS = "kolmogorov_smirnov"
USUAL = Detectors()
STEPS_PER_WINDOW = 4
MIN_BLOCK_ROWS = 30

Span = tuple[int, int]


def build_reference(
    frame: pl.DataFrame,
    *,
    numeric: Sequence[str],
    categorical: Sequence[str],
    event_time: str | None,
    window: timedelta,
    outputs: Mapping[str, Floats] | None = None,
    detectors: Detectors = USUAL,
) -> dict[str, Any]:
    """Profile of ``frame`` (n_rows >= 1; numbers, strings, and a timestamp column ``event_time``
    without nulls), JSON-ready.

    NaN and infinite numbers count as missing. ``event_time`` is None where rows have no time; what
    windows of them differ by themselves is then not known. ``outputs`` are the model's on its
    hold-out, by name, finite and of any length but 0. Raises InvalidInput when the frame has no
    rows.

    ``{"version", "rows", "window_seconds", "numeric": {name: entry}, "categorical": {name: entry},
    "outputs": {name: {"detector", "profile"}}}``, an entry being ``{"detector", "profile",
    "null_rate", "noise"}``: the name of the detector that made the profile, the profile (null where
    no row has a value) and the share of rows without one. ``noise`` is null when the frame is
    shorter than two windows or has no value, else ``{"distance", "null_rate", "blocks"}``: the
    largest distance (null where no block had values) and change of the null rate between a block of
    length ``window`` and the rest; blocks begin every quarter of a window.
    """
    if frame.is_empty():
        raise InvalidInput("A reference needs rows", remedy="Train on a window that holds events")
    ordered, blocks = frame, list[Span]()
    if event_time is not None:
        ordered = frame.sort(event_time)
        blocks = _blocks(
            ordered[event_time].dt.epoch("us").to_numpy(), int(window.total_seconds() * 1e6)
        )
    numbers, categories = DETECTORS.find(detectors.numbers), DETECTORS.find(detectors.categories)
    of_outputs = DETECTORS.find(OF_OUTPUTS)
    return {
        "version": VERSION,
        "rows": frame.height,
        "window_seconds": window.total_seconds(),
        "numeric": {name: _entry(numbers, ordered[name], blocks) for name in numeric},
        "categorical": {name: _entry(categories, ordered[name], blocks) for name in categorical},
        "outputs": {
            name: {"detector": of_outputs.name, "profile": of_outputs.profile(pl.Series(values))}
            for name, values in (outputs or {}).items()
        },
    }


def current(reference: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stored reference of any version as :func:`build_reference` makes it now."""
    if reference["version"] == VERSION:
        return reference
    if reference["version"] == 1:
        # One output, which had no name.
        score = reference["score"]
        reference = {**reference, "outputs": {"score": score} if score else {}}
    # Version 2 knew one detector of each kind, and named the profile after its content.
    return {
        **reference,
        "version": VERSION,
        "numeric": {name: _upgraded(entry) for name, entry in reference["numeric"].items()},
        "categorical": {name: _upgraded(entry) for name, entry in reference["categorical"].items()},
        "outputs": {name: _upgraded(entry) for name, entry in reference["outputs"].items()},
    }


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


def _entry(detector: Detector, column: pl.Series, blocks: list[Span]) -> dict[str, Any]:
    values = as_values(detector.kind, column)
    present = values.drop_nulls()
    if present.is_empty():
        return {"detector": detector.name, "profile": None, "null_rate": 1.0, "noise": None}
    whole = detector.profile(present)

    def distance(begin: int, end: int) -> float | None:
        block = values[begin:end].drop_nulls()
        if not MIN_BLOCK_ROWS <= block.len() < present.len():
            return None
        return detector.distance_from_rest(whole, block)

    return {
        "detector": detector.name,
        "profile": whole,
        "null_rate": values.null_count() / values.len(),
        "noise": _noise(values.is_null().to_numpy(), blocks, distance),
    }


def _upgraded(entry: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in entry.items() if name not in ("ecdf", "counts")}
    if "ecdf" in entry:
        return {"detector": "kolmogorov_smirnov", "profile": entry["ecdf"], **rest}
    empty = not any(entry["counts"].values())
    profile = None if empty else {"counts": entry["counts"]}
    return {"detector": "jensen_shannon", "profile": profile, **rest}


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
