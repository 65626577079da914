"""Stretches of a window's length in a reference, and the samples of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import Noises
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors._shares import FEWEST_EXPECTED
from ghosteam.monitoring.detectors.detector import DETECTORS, Measured
from ghosteam.monitoring.noise import FEWEST_SEASONS, Noise, lasting
from ghosteam.monitoring.samples.calibration import Calibration
from ghosteam.monitoring.samples.categories import Categories, Hashes, hashes_of
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.monitoring.samples.rows import Rows
from ghosteam.monitoring.samples.scalar import scalar

MIN_BLOCK_ROWS = 30
Span = tuple[int, int]
_WEEK, _DAY = timedelta(days=7), timedelta(days=1)


@dataclass(frozen=True)
class Blocks:
    """``spans``: row ranges of neighbouring blocks, in the order of time; ``season``: after how
    many of them the week, or else the day, comes round, 1 where it does within one.
    """

    spans: Sequence[Span] = ()
    season: int = 1


def blocks_of(times: np.ndarray[Any, np.dtype[np.int64]], window: timedelta) -> Blocks:
    """Whole blocks of length ``window`` in ascending ``times``, microseconds."""
    length = int(window.total_seconds() * 1e6)
    first, last = int(times[0]), int(times[-1])
    starts = np.arange(first, last - length + 2, length)
    begins = np.searchsorted(times, starts, side="left").tolist()
    ends = np.searchsorted(times, starts + length, side="left").tolist()
    spans = [
        (begin, end)
        for begin, end in zip(begins, ends, strict=True)
        if end - begin >= MIN_BLOCK_ROWS
    ]
    rounds = [
        round_trip // window
        for round_trip in (_WEEK, _DAY)
        if round_trip % window == timedelta() and len(spans) >= FEWEST_SEASONS * round_trip / window
    ]
    return Blocks(spans, rounds[0] if rounds else 1)


def noise_of(
    names: Sequence[str], reference: Any, rests: Any, parts: Any, *, season: int = 1
) -> Noises:
    """The :class:`~ghosteam.monitoring.noise.Noise` of each detector of a ``reference``, as
    records by name: ``parts`` are its blocks, stacked, ``rests`` what is left without each, and
    ``season`` after how many blocks a level may come again. None where it cannot be known.
    """
    found: Noises = {}
    alike = lasting(*_levels(reference, parts), season=season)
    for name in names:
        detector = DETECTORS.find(name)
        if detector.kind == "shares":
            measured = detector.measure(cells_of(reference, rests), cells_of(reference, parts))
        else:
            measured = detector.measure(rests, parts)
        noise = None
        if isinstance(measured, Measured):
            noise = Noise.of(measured.over_chance, np.asarray(parts.rows), lasting=alike)
        found[name] = noise.as_record() if noise else None
    return found


def _levels(reference: Any, parts: Any) -> tuple[Floats, float]:
    """How far each block is from the reference, ``(n_blocks, k)``, in cells' shares over the root
    of what is usual (chi-square's distance), or in random Fourier features; and the squared length
    that chance gives.
    """
    rows = np.asarray(parts.rows)[:, None]
    if isinstance(parts, Joint):
        whole = reference.waves / reference.rows
        return parts.waves / rows - whole, float(np.mean(parts.spread[0] / rows))
    if isinstance(parts, Rows):
        usual, scale = reference.codes[0].mean(axis=0), reference.codes[0].std(axis=0) + 1e-9
        means = np.array([(one.mean(axis=0) - usual) / scale for one in parts.codes])
        return means, float(usual.size * np.mean(1 / rows))
    if isinstance(parts, Calibration):
        gaps, by_chance = (parts.came - parts.said).sum(axis=-1), parts.variances.sum(axis=-1)
        usual = float((reference.came - reference.said).sum() / reference.rows)
        return gaps[:, None] / rows - usual, float(np.mean(by_chance / parts.rows**2))
    if isinstance(parts, Presence):
        usual = float(reference.missing / reference.rows)
        cells, shares = (
            np.concatenate([parts.missing[:, None], rows - parts.missing[:, None]], axis=1),
            np.array([usual, 1 - usual]),
        )
    else:
        cells, counts = cells_of(reference, parts), cells_of(reference, reference)
        shares = counts / counts.sum()
    kept = shares * rows.mean() >= FEWEST_EXPECTED
    levels = (cells[:, kept] / rows - shares[kept]) / np.sqrt(shares[kept])
    return levels, float((1 - shares[kept]).sum() * np.mean(1 / rows))


def cells_of(reference: Numbers | Categories, sample: Any) -> Floats:
    """Counts for detectors of shares: bins that the reference cuts, or categories but for new
    ones.
    """
    if isinstance(reference, Numbers):
        return sample.bins(reference.cuts)  # type: ignore[no-any-return]
    return sample.counts[..., :-1]  # type: ignore[no-any-return]


def number_blocks(
    whole: Numbers, values: Floats, blocks: Sequence[Span]
) -> tuple[Numbers, Numbers] | None:
    """Of ``values`` ``(n,)`` in the order of time, NaN for missing: what is left without each
    block, and the blocks.
    """
    parts = []
    for begin, end in blocks:
        block = values[begin:end]
        block = block[np.isfinite(block)]
        if MIN_BLOCK_ROWS <= block.size < float(whole.rows):
            parts.append(Numbers.of(block, whole.grid))
    if not parts:
        return None
    stacked = Numbers.stacked(parts)
    return whole.without(stacked), stacked


def category_blocks(
    whole: Categories, values: pl.Series, blocks: Sequence[Span]
) -> tuple[Categories, Categories] | None:
    """The same of categories. What only one block has is new in that block."""
    hashes, present = hashes_of(values), values.is_not_null().to_numpy()
    inside = [
        np.unique(hashes[begin:end][present[begin:end]], return_counts=True)
        for begin, end in blocks
    ]
    distinct, times = np.unique(
        np.concatenate([hashes[:0], *(met for met, _ in inside)]), return_counts=True
    )
    cells = _cells(whole, distinct)
    plain, seen = [], []
    for met, counts in inside:
        at = np.searchsorted(distinct, met)
        if not MIN_BLOCK_ROWS <= counts.sum() < float(whole.rows):
            continue
        plain.append(np.bincount(cells[at], weights=counts, minlength=whole.counts.size))
        moved = np.where(times[at] == 1, whole.counts.size - 1, cells[at])
        seen.append(np.bincount(moved, weights=counts, minlength=whole.counts.size))
    if not seen:
        return None
    rest = Categories(whole.names, whole.others, whole.counts - np.array(plain))
    return rest, Categories(whole.names, whole.others, np.array(seen))


def presence_blocks(
    whole: Presence, missing: np.ndarray[Any, np.dtype[np.bool_]], blocks: Sequence[Span]
) -> tuple[Presence, Presence] | None:
    """The same of values that are there or not."""
    parts = [
        Presence(scalar(end - begin), scalar(int(np.count_nonzero(missing[begin:end]))))
        for begin, end in blocks
        if end - begin < float(whole.rows)
    ]
    if not parts:
        return None
    stacked = Presence.stacked(parts)
    return whole.without(stacked), stacked


def promise_blocks(
    whole: Calibration, promise: tuple[Floats, Floats], blocks: Sequence[Span]
) -> tuple[Calibration, Calibration] | None:
    """The same of what was said and what came."""
    said, came = promise
    parts = [
        Calibration.of(said[begin:end], came[begin:end], whole)
        for begin, end in blocks
        if end - begin < float(whole.rows)
    ]
    if not parts:
        return None
    stacked = Calibration.stacked(parts)
    return whole.without(stacked), stacked


def _cells(whole: Categories, distinct: Hashes) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The position in the counts of each name, by its hash; what is not named is another."""
    named = hashes_of(pl.Series(whole.names, dtype=pl.String))
    found = np.full(distinct.size, named.size)
    _, at, places = np.intersect1d(distinct, named, assume_unique=True, return_indices=True)
    found[at] = places
    return found
