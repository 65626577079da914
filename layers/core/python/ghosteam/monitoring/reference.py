"""The reference profile of a model: what its training data looked like, and how much windows of it
differ by themselves (:mod:`ghosteam.monitoring.noise`).

Its size depends on the number of columns and not on that of rows; see
``ghosteam.monitoring.samples``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any, TypedDict, TypeVar

import numpy as np
import polars as pl

from ghosteam.errors import InvalidInput
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import (
    Blocks,
    Noises,
    blocks_of,
    category_blocks,
    noise_of,
    number_blocks,
    presence_blocks,
)
from ghosteam.monitoring.clockwork import tells_the_time
from ghosteam.monitoring.detectors.detector import as_values
from ghosteam.monitoring.noise import NoiseRecord
from ghosteam.monitoring.samples.categories import Categories, CategoriesRecord
from ghosteam.monitoring.samples.joint import Joint, JointRecord
from ghosteam.monitoring.samples.numbers import Numbers, NumbersRecord
from ghosteam.monitoring.samples.presence import Presence, PresenceRecord
from ghosteam.monitoring.samples.scalar import scalar
from ghosteam.problem.detectors import PRESENCE
from ghosteam.problem.watch import Detectors

VERSION = 4
USUAL = Detectors()
MOST_JOINT_ROWS = 20_000
MOST_JOINT_COLUMNS = 200
LASTS = 0.4

Bools = np.ndarray[Any, np.dtype[np.bool_]]


class ColumnEntry(TypedDict):
    """What is kept of a column, or of an output."""

    kind: str
    sample: NumbersRecord | CategoriesRecord | None
    presence: PresenceRecord
    noise: Noises


class JointEntry(TypedDict):
    """What is kept of all numbers of a row together."""

    sample: JointRecord
    noise: Noises


class Reference(TypedDict):
    """A reference, JSON-ready; :func:`build_reference` says what its parts are."""

    version: int
    rows: int
    window_seconds: float
    columns: dict[str, ColumnEntry]
    outputs: dict[str, ColumnEntry]
    joint: JointEntry | None
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
    "joint": entry or null, "passed_over": {name: why}, "importance": {name:
    share}}``, an entry being ``{"kind", "sample", "presence", "noise": {detector: noise}}``: the
    sample (null where no row has a value), that of missing values, and for each detector that is to
    judge what it found the frame's own restlessness to be, null where that cannot be known.
    Columns that only tell the time are passed over, and have no entry.
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
    seen = _windows_in(scored, event_time, window) if scored is not None else None
    weights = shares_of(importance)
    columns = {
        name: _numbers(values, values, blocks, detectors) for name, values in numbers.items()
    }
    columns |= {
        name: _categories(as_values("categories", ordered[name]), blocks, detectors)
        for name in categorical
        if name not in passed_over
    }
    return {
        "version": VERSION,
        "rows": frame.height,
        "window_seconds": window.total_seconds(),
        "columns": _alike(columns),
        "outputs": {
            name: _seen(_numbers(values, own.get(name), blocks, detectors), seen)
            for name, values in known.items()
        },
        "joint": _seen(_joint(numbers, known, own, scored, blocks, detectors, weights), seen),
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


def _windows_in(frame: pl.DataFrame, event_time: str | None, window: timedelta) -> float | None:
    """How many windows the rows span, at least one; None where they have no time."""
    if event_time is None or event_time not in frame.columns:
        return None
    times = frame.get_column(event_time).dt.epoch("us")
    span = float(times.max() - times.min()) if frame.height else 0.0  # type: ignore[operator, arg-type]
    return round(max(1.0, span / 1e6 / window.total_seconds()), 2)


Seen = TypeVar("Seen", ColumnEntry, JointEntry | None)


def _seen(entry: Seen, windows: float | None) -> Seen:
    """An entry whose sample spans so many windows, other than those that its noise is of."""
    for noise in entry["noise"].values() if entry else ():
        if noise:
            noise["seen"] = windows
    return entry


def _numbers(
    values: Floats, restless: Floats | None, blocks: Blocks, detectors: Detectors
) -> ColumnEntry:
    """``restless``: what noise is taken from, in the order of time."""
    present = values[np.isfinite(values)]
    sample = Numbers.of(present) if present.size else None
    presence = _presence(~np.isfinite(values))
    noise: Noises = dict.fromkeys((*detectors.numbers, PRESENCE))
    if restless is not None:
        missing = ~np.isfinite(restless)
        noise[PRESENCE] = _noise_of_presence(missing, blocks)
        if sample is not None and not missing.all():
            whole = Numbers.of(restless[~missing], sample.grid)
            parts = number_blocks(whole, restless, blocks.spans)
            noise |= (
                noise_of(detectors.numbers, sample, *parts, season=blocks.season) if parts else {}
            )
    return _entry("numbers", sample, presence, noise)


def _categories(values: pl.Series, blocks: Blocks, detectors: Detectors) -> ColumnEntry:
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
    return _entry("categories", sample, _presence(missing), noise)


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


def _entry(
    kind: str, sample: Numbers | Categories | None, presence: Presence, noise: Noises
) -> ColumnEntry:
    return {
        "kind": kind,
        "sample": sample.as_record() if sample is not None else None,
        "presence": presence.as_record(),
        "noise": noise,
    }


def _presence(missing: Bools) -> Presence:
    return Presence(scalar(missing.size), scalar(missing.sum()))


def _noise_of_presence(missing: Bools, blocks: Blocks) -> NoiseRecord | None:
    whole = _presence(missing)
    parts = presence_blocks(whole, missing, blocks.spans)
    return noise_of([PRESENCE], whole, *parts, season=blocks.season)[PRESENCE] if parts else None
