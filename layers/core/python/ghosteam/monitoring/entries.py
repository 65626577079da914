"""Entries of a reference: the sample of a column, or of what was promised, and how restless it is
in the eyes of each detector.

``{"kind", "sample", "presence", "noise": {detector: noise}}``: the sample, null where no row has a
value; that of missing values; and for each detector that is to judge what it found the restlessness
to be, null where that cannot be known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import (
    CategoriesEntry,
    ColumnEntry,
    Entry,
    ErrorsEntry,
    JointEntry,
    NoiseRecord,
    Noises,
    NumbersEntry,
    PromiseEntry,
)
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import (
    Blocks,
    category_blocks,
    noise_of,
    number_blocks,
    presence_blocks,
    promise_blocks,
)
from ghosteam.monitoring.samples.calibration import Calibration
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.problem.detectors import PRESENCE
from ghosteam.problem.watch import Detectors

Promise = tuple[Floats, Floats]
"""Probabilities that were said ``(n,)``, and 1 where it came, or 0."""
Bools = np.ndarray[Any, np.dtype[np.bool_]]


Seen = TypeVar("Seen", ColumnEntry, Entry, ErrorsEntry, JointEntry | None)


def numbers_entry(
    values: Floats, restless: Floats | None, blocks: Blocks, detectors: Detectors
) -> NumbersEntry:
    """``restless``: what noise is taken from, in the order of time."""
    finite = np.isfinite(values)
    present = values if finite.all() else values[finite]
    sample = Numbers.of(present) if present.size else None
    presence = _presence(~finite)
    noise: Noises = dict.fromkeys((*detectors.numbers, PRESENCE))
    if restless is not None:
        own = restless is values
        there = finite if own else np.isfinite(restless)
        noise[PRESENCE] = _noise_of_presence(~there, blocks)
        if sample is not None and there.any():
            whole = sample if own else Numbers.of(restless[there], sample.grid)
            parts = number_blocks(whole, restless, blocks.spans)
            noise |= (
                noise_of(detectors.numbers, sample, *parts, season=blocks.season) if parts else {}
            )
    return {
        "kind": "numbers",
        "sample": sample.as_record() if sample else None,
        "presence": presence.as_record(),
        "noise": noise,
    }


def categories_entry(values: pl.Series, blocks: Blocks, detectors: Detectors) -> CategoriesEntry:
    """Of ``values`` in the order of time."""
    missing = values.is_null().to_numpy()
    noise: Noises = dict.fromkeys((*detectors.categories, PRESENCE))
    noise[PRESENCE] = _noise_of_presence(missing, blocks)
    sample = None
    if not missing.all():
        sample = Categories.of(values.drop_nulls())
        parts = category_blocks(sample, values, blocks.spans)
        noise |= (
            noise_of(detectors.categories, sample, *parts, season=blocks.season) if parts else {}
        )
    return {
        "kind": "categories",
        "sample": sample.as_record() if sample else None,
        "presence": _presence(missing).as_record(),
        "noise": noise,
    }


def promise_entry(
    promise: Promise, restless: Promise, blocks: Blocks, detectors: Sequence[str]
) -> PromiseEntry:
    """Of what was promised of at least one row; ``restless`` as in :func:`numbers_entry`."""
    sample = Calibration.of(*promise)
    noise: Noises = dict.fromkeys(detectors)
    whole = Calibration.of(*restless, sample)
    if parts := promise_blocks(whole, restless, blocks.spans):
        noise |= noise_of(detectors, whole, *parts, season=blocks.season)
    return {"kind": "calibration", "sample": sample.as_record(), "noise": noise}


def windows_in(frame: pl.DataFrame, event_time: str | None, window: timedelta) -> float | None:
    """How many windows the rows span, at least one; None where they have no time."""
    if event_time is None or event_time not in frame.columns:
        return None
    times = frame.get_column(event_time).dt.epoch("us")
    first, last = times.min(), times.max()
    span = float(last - first) if frame.height else 0.0  # type: ignore[operator, arg-type]
    return round(max(1.0, span / 1e6 / window.total_seconds()), 2)


def seen_in(entry: Seen, windows: float | None) -> Seen:
    """An entry whose sample spans so many windows, other than those that its noise is of."""
    for noise in entry["noise"].values() if entry else ():
        if noise:
            noise["seen"] = windows
    return entry


def _presence(missing: Bools) -> Presence:
    return Presence(scalar(missing.size), scalar(missing.sum()))


def _noise_of_presence(missing: Bools, blocks: Blocks) -> NoiseRecord | None:
    whole = _presence(missing)
    parts = presence_blocks(whole, missing, blocks.spans)
    return noise_of([PRESENCE], whole, *parts, season=blocks.season)[PRESENCE] if parts else None
