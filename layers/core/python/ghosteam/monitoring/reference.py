"""The reference profile of a model: what its training data looked like, and how much windows of it
differ by themselves (:mod:`ghosteam.monitoring.noise`).

Its size depends on the number of columns and not on that of rows; see
``ghosteam.monitoring.samples``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import ColumnEntry, DriftReference
from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import Blocks, blocks_of
from ghosteam.monitoring.clockwork import tells_the_time
from ghosteam.monitoring.detectors.detector import as_categories, as_numbers
from ghosteam.monitoring.entries import (
    categories_entry,
    numbers_entry,
    seen_in,
    windows_in,
)
from ghosteam.monitoring.joint_entry import joint_entry
from ghosteam.problem.watch import Detectors

USUAL = Detectors()
LASTS = 0.4


def build_reference(
    frame: pl.DataFrame,
    *,
    numeric: Sequence[str],
    categorical: Sequence[str],
    event_time: str | None,
    window: timedelta,
    outputs: Mapping[str, Floats] | None = None,
    scored: pl.DataFrame | None = None,
    in_sample: Mapping[str, Floats] | None = None,
    importance: Mapping[str, float | None] | None = None,
    detectors: Detectors = USUAL,
) -> DriftReference:
    """Profile of ``frame`` (n_rows >= 1; numbers, strings, and a timestamp column ``event_time``
    without nulls).

    NaN and infinite numbers count as missing. ``event_time`` is None where rows have no time; what
    windows of them differ by themselves is then not known. ``outputs`` are the model's by name, on
    the rows of ``scored``, those that it did not learn from; without those, of the frame's rows
    where there are as many. ``in_sample``: its outputs on ``frame``'s rows: how restless scores are
    is seen over as long a time as how restless features are. ``importance``: how much the model
    needs a feature. Raises InvalidInput when the frame has no rows.

    Entries are as ``ghosteam.monitoring.entries`` makes them; it has none of outcomes, which are
    :func:`~ghosteam.monitoring.outcomes.outcome_entries`, and no losses, which are those of
    ``ghosteam.monitoring.losses``. Columns that only tell the time are passed over, and have no
    entry.
    """
    if frame.is_empty():
        raise InvalidInput("A reference needs rows", remedy="Train on a window that holds events")
    blocks, passed_over, order = Blocks(), dict[str, str](), np.arange(frame.height)
    if event_time is not None:
        order = frame.get_column(event_time).arg_sort().to_numpy()
    ordered = frame if (order[1:] > order[:-1]).all() else frame[order]
    if event_time is not None:
        blocks = blocks_of(ordered.get_column(event_time).dt.epoch("us").to_numpy(), window)
        passed_over = tells_the_time(
            ordered, [*numeric, *categorical], event_time=event_time, window=window
        )
    numbers = {
        name: as_numbers(ordered.get_column(name)) for name in numeric if name not in passed_over
    }
    known = {name: np.asarray(values, dtype=float) for name, values in (outputs or {}).items()}
    own = {
        name: np.asarray(values, dtype=float)[order] for name, values in (in_sample or {}).items()
    }
    if scored is None and in_sample is None:
        own = {name: all_[order] for name, all_ in known.items() if all_.size == frame.height}
    seen = windows_in(scored, event_time, window) if scored is not None else None
    weights = shares_of(importance)
    columns: dict[str, ColumnEntry] = {
        name: numbers_entry(values, values, blocks, detectors) for name, values in numbers.items()
    }
    columns |= {
        name: categories_entry(as_categories(ordered[name]), blocks, detectors)
        for name in categorical
        if name not in passed_over
    }
    return DriftReference(
        rows=frame.height,
        window_seconds=window.total_seconds(),
        columns=_alike(columns),
        outputs={
            name: seen_in(numbers_entry(values, own.get(name), blocks, detectors), seen)
            for name, values in known.items()
        },
        joint=seen_in(joint_entry(numbers, known, own, scored, blocks, detectors, weights), seen),
        passed_over=passed_over,
        importance=weights,
    )


def shares_of(importance: Mapping[str, float | None] | None) -> dict[str, float]:
    """Each feature's share of all importance, those below 0 counting as 0; empty where nothing is
    known, or no feature matters.
    """
    known = {name: max(0.0, value) for name, value in (importance or {}).items() if value}
    total = sum(known.values())
    return {name: value / total for name, value in known.items()} if total > 0 else {}


def _alike(columns: dict[str, ColumnEntry]) -> dict[str, ColumnEntry]:
    """``columns`` whose levels last at least as long as is usual among those that have levels: of
    a single column, few levels were seen.
    """
    noises = [
        noise
        for entry in columns.values()
        for noise in entry["noise"].values()
        if noise and noise["common"] > 0 and noise["lasting"] > LASTS
    ]
    usual = median(noise["lasting"] for noise in noises) if noises else 0.0
    for noise in noises:
        noise["lasting"] = max(noise["lasting"], usual)
    return columns
