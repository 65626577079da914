"""Concept drift as errors tell of it, row by row: predictions that became worse, and since when.

The test goes on from window to window and is read at the end of each. What it finds is told, and
asks for nobody: the outcomes, how they keep what was promised, and performance do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import ErrorsEntry, Noises
from ghosteam.documents.drift_verdict import FeatureMeasured
from ghosteam.documents.outcome_verdict import LargerErrors
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.blocks import Blocks
from ghosteam.monitoring.detectors.page_hinkley import excess
from ghosteam.monitoring.findings import finding_of
from ghosteam.monitoring.noise import Noise, lasting
from ghosteam.monitoring.samples.errors import OrderedErrors, UsualErrors
from ghosteam.problem.detectors import STREAM
from ghosteam.problem.moments import EPOCH
from ghosteam.undetermined import Undetermined

CHANCE = 0.001
"""Told where chance and the reference's own restlessness explain no more than in so many windows.
"""


@dataclass(frozen=True)
class JudgedErrors:
    """What is ``told`` of a window's errors, and what the next one goes on from."""

    told: FeatureMeasured
    larger: LargerErrors | None = None


def judge_errors(
    name: str,
    sizes: Floats,
    times: pl.Series,
    entry: ErrorsEntry | None,
    *,
    before: LargerErrors | None,
    min_effect: float,
) -> JudgedErrors:
    """Of errors of ``sizes`` ``(n,)``, n >= 1, at ``times`` ``(n,)`` in any order; ``before``: what
    the window before left. They are larger where their mean is, by the share ``min_effect`` of what
    is usual. Undetermined where the reference has nothing usual to compare with.
    """
    if entry is None:
        return JudgedErrors(_untold(name, "the model's reference has no errors; retrain for some"))
    usual = UsualErrors.from_record(entry["sample"])
    micros = times.dt.epoch("us").to_numpy().astype(np.float64)
    window = OrderedErrors.of(micros, sizes, usual)
    noise = entry["noise"][STREAM]
    window = replace(
        window,
        worth=Noise.from_record(noise).worth(window.rows) if noise else window.worth,
        summed=before.summed if before else 0.0,
    )
    found = finding_of(STREAM, usual, window, entry["noise"])
    if isinstance(found, Undetermined):
        return JudgedErrors(_untold(name, found.reason))
    larger = _larger(usual, window, np.sort(micros), before)
    mean = larger.mean if larger else float(window.sizes.mean())
    since = f"since {larger.since:%Y-%m-%d %H:%M} UTC " if larger else ""
    rows = larger.rows if larger else int(window.rows)
    told = f"{since}{mean:.4g} in the mean of {rows:,} outcomes, {usual.mean:.4g} on the hold-out"
    more = max(0.0, mean - float(usual.mean))
    measured = FeatureMeasured(
        name=name,
        role="errors",
        method=STREAM,
        statistic=found.statistic,
        p=found.p,
        effect=more / float(usual.deviation),
        told=told,
        importance=None,
        matters=False,
        drifted=found.p <= CHANCE and more >= min_effect * float(usual.mean),
        undetermined=None,
    )
    return JudgedErrors(measured, larger)


def _larger(
    usual: UsualErrors, window: OrderedErrors, micros: Floats, before: LargerErrors | None
) -> LargerErrors | None:
    """With the rows before the window, where the change point lies there; None without any."""
    found = excess(usual, window)
    rows, total = int(found.rows), float(found.total)
    if not rows:
        return None
    since = EPOCH + timedelta(microseconds=float(micros[-rows]))
    if before and not found.began:
        since, rows, total = before.since, rows + before.rows, total + before.rows * before.mean
    return LargerErrors(since=since, rows=rows, mean=total / rows, summed=float(found.summed))


def _untold(name: str, why: str) -> FeatureMeasured:
    return FeatureMeasured(
        name=name,
        role="errors",
        method=None,
        statistic=None,
        p=None,
        effect=None,
        told=None,
        importance=None,
        matters=False,
        drifted=False,
        undetermined=why,
    )


def noise_of_errors(sizes: Floats, blocks: Blocks) -> Noises:
    """How much the mean of ``sizes`` ``(n,)``, in the order of time, differs from block to block by
    itself; null where there are too few blocks, or nothing differs.
    """
    rows = np.array([end - begin for begin, end in blocks.spans], dtype=np.float64)
    variance = float(sizes.var())
    if rows.size < 2 or variance <= 0:
        return {STREAM: None}
    sums = np.array([sizes[begin:end].sum() for begin, end in blocks.spans])
    others = sizes.size - rows
    if others.min() <= 0:
        return {STREAM: None}
    away = sums / rows - (sizes.sum() - sums) / others
    levels = ((sums / rows - sizes.mean()) / variance**0.5)[:, None]
    over_chance = away**2 / (variance * (1 / rows + 1 / others))
    alike = lasting(levels, float(np.mean(1 / rows)), season=blocks.season)
    noise = Noise.of(over_chance, rows, lasting=alike)
    return {STREAM: noise.as_record() if noise else None}
