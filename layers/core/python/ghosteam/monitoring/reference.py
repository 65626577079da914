"""The reference profile of a model: what its training data looked like, and how much windows of it
differ by themselves (:mod:`ghosteam.monitoring.noise`).

Its size depends on the number of columns and not on that of rows; see
``ghosteam.monitoring.samples``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import TypedDict

import numpy as np
import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import Blocks, Noises, blocks_of, noise_of
from ghosteam.monitoring.clockwork import tells_the_time
from ghosteam.monitoring.detectors.detector import as_values
from ghosteam.monitoring.entries import (
    Entry,
    JointEntry,
    LossesRecord,
    categories_entry,
    numbers_entry,
    seen_in,
    windows_in,
)
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.problem.watch import Detectors

VERSION = 5
USUAL = Detectors()
MOST_JOINT_ROWS = 20_000
MOST_JOINT_COLUMNS = 200
LASTS = 0.4


class Reference(TypedDict):
    """A reference, JSON-ready; :func:`build_reference` says what its parts are."""

    version: int
    rows: int
    window_seconds: float
    columns: dict[str, Entry]
    outputs: dict[str, Entry]
    joint: JointEntry | None
    outcomes: dict[str, Entry]
    losses: LossesRecord | None
    passed_over: Mapping[str, str]
    importance: dict[str, float]


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
) -> Reference:
    """Profile of ``frame`` (n_rows >= 1; numbers, strings, and a timestamp column ``event_time``
    without nulls), JSON-ready.

    NaN and infinite numbers count as missing. ``event_time`` is None where rows have no time; what
    windows of them differ by themselves is then not known. ``outputs`` are the model's by name, on
    the rows of ``scored``, those that it did not learn from; without those, of the frame's rows
    where there are as many. ``in_sample``: its outputs on ``frame``'s rows: how restless scores are
    is seen over as long a time as how restless features are. ``importance``: how much the model
    needs a feature. Raises InvalidInput when the frame has no rows.

    ``{"version", "rows", "window_seconds", "columns": {name: entry}, "outputs": {name: entry},
    "joint": entry or null, "outcomes": {}, "losses": null, "passed_over": {name: why},
    "importance": {name: share}}``, with entries as ``ghosteam.monitoring.entries`` makes them;
    those of outcomes are :func:`~ghosteam.monitoring.outcomes.outcome_entries`, and losses
    ``ghosteam.monitoring.losses``. Columns that only tell the time are passed over, and have no
    entry.
    """
    if frame.is_empty():
        raise InvalidInput("A reference needs rows", remedy="Train on a window that holds events")
    blocks, passed_over, order = Blocks(), dict[str, str](), np.arange(frame.height)
    if event_time is not None:
        order = frame.get_column(event_time).arg_sort().to_numpy()
        times = frame.get_column(event_time)[order].dt.epoch("us").to_numpy()
        blocks = blocks_of(times, window)
        passed_over = tells_the_time(
            frame[order], [*numeric, *categorical], event_time=event_time, window=window
        )
    ordered = frame[order]
    numbers = {
        name: as_values("numbers", ordered.get_column(name)).to_numpy()
        for name in numeric
        if name not in passed_over
    }
    known = {name: np.asarray(values, dtype=float) for name, values in (outputs or {}).items()}
    own = {
        name: np.asarray(values, dtype=float)[order] for name, values in (in_sample or {}).items()
    }
    if scored is None and in_sample is None:
        own = {name: all_[order] for name, all_ in known.items() if all_.size == frame.height}
    seen = windows_in(scored, event_time, window) if scored is not None else None
    weights = shares_of(importance)
    columns = {
        name: numbers_entry(values, values, blocks, detectors) for name, values in numbers.items()
    }
    columns |= {
        name: categories_entry(as_values("categories", ordered[name]), blocks, detectors)
        for name in categorical
        if name not in passed_over
    }
    return {
        "version": VERSION,
        "rows": frame.height,
        "window_seconds": window.total_seconds(),
        "columns": _alike(columns),
        "outputs": {
            name: seen_in(numbers_entry(values, own.get(name), blocks, detectors), seen)
            for name, values in known.items()
        },
        "joint": seen_in(_joint(numbers, known, own, scored, blocks, detectors, weights), seen),
        "outcomes": {},
        "losses": None,
        "passed_over": passed_over,
        "importance": weights,
    }


def shares_of(importance: Mapping[str, float | None] | None) -> dict[str, float]:
    """Each feature's share of all importance, those below 0 counting as 0; empty where nothing is
    known, or no feature matters.
    """
    known = {name: max(0.0, value) for name, value in (importance or {}).items() if value}
    total = sum(known.values())
    return {name: value / total for name, value in known.items()} if total > 0 else {}


def _alike(columns: dict[str, Entry]) -> dict[str, Entry]:
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


def _joint(
    numbers: Mapping[str, Floats],
    outputs: Mapping[str, Floats],
    own: Mapping[str, Floats],
    scored: pl.DataFrame | None,
    blocks: Blocks,
    detectors: Detectors,
    weights: Mapping[str, float],
) -> JointEntry | None:
    """All numbers of a row together, the outputs among them where their rows are at hand: of
    ``scored``, of whose noise the frame's rows with the model's ``own`` outputs tell.
    """
    told = sorted(numbers, key=lambda name: -weights.get(name, 0.0))[:MOST_JOINT_COLUMNS]
    judged = outputs if scored is not None else own
    names = [*told, *(output_name(name) for name in judged)]
    if len(names) < 2 or not detectors.joint:
        return None
    seen = [*(numbers[name] for name in told), *(own.get(name) for name in judged)]
    rows = next(iter(numbers.values()), next(iter(own.values()), np.empty(0))).size
    ordered = np.column_stack([np.full(rows, np.nan) if one is None else one for one in seen])
    spaced = np.unique(np.linspace(0, rows - 1, MOST_JOINT_ROWS).astype(np.int64))
    if scored is None:
        reference = Joint.of(names, ordered[spaced])
    else:
        columns = [as_values("numbers", scored[name]).to_numpy() for name in told]
        reference = Joint.of(names, np.column_stack([*columns, *judged.values()]))
    most = max(MOST_JOINT_ROWS // max(len(blocks.spans), 1), 1_000)
    parts = [
        Joint.of(names, ordered[begin:end][:: -(-(end - begin) // most)], reference.layout)
        for begin, end in blocks.spans
    ]
    noise: Noises = dict.fromkeys(detectors.joint)
    if len(parts) > 1:
        stacked = Joint.stacked(parts)
        whole = stacked.total()
        noise = noise_of(
            detectors.joint, whole, whole.without(stacked), stacked, season=blocks.season
        )
    return {"sample": reference.as_record(), "noise": noise}


def output_name(name: str) -> str:
    """What an output is called beside features, which have names without a space."""
    return f"prediction {name}"
