"""Jumps of outcomes: a window is compared with windows shortly before it, in place of the
reference, whose own windows, compared in the same way, tell how much outcomes jump by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from ghosteam.documents.drift_reference import NoiseRecord
from ghosteam.monitoring.blocks import Blocks, category_blocks
from ghosteam.monitoring.detectors.detector import DETECTORS, Measured
from ghosteam.monitoring.findings import Finding, finding_of, movement_of_categories
from ghosteam.monitoring.laws import pairs_of
from ghosteam.monitoring.noise import Noise
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.problem.detectors import JUMP
from ghosteam.undetermined import Undetermined

BACK = (2, 3)
"""With which windows before it a window is compared. Not with the last one, so that two windows
that follow one another find a jump that stays, and vote for it.
"""
_FIRST = max(BACK)


def noise_of_jumps(outcomes: pl.Series, blocks: Blocks) -> NoiseRecord | None:
    """How much ``outcomes``, classes in the order of time, jump from window to window by
    themselves; None where there are too few windows to know.
    """
    found = category_blocks(Categories.of(outcomes), outcomes, blocks.spans)
    if found is None:
        return None
    whole, counts = found[1], found[1].counts
    if len(counts) <= _FIRST:
        return None
    shortly = [counts[_FIRST - back : len(counts) - back] for back in BACK]
    before = replace(whole, counts=np.sum(shortly, axis=0))
    window = replace(whole, counts=counts[_FIRST:])
    measured = DETECTORS.find(JUMP).measure(before, window)
    if not isinstance(measured, Measured):
        return None
    noise = Noise.of(measured.over_chance, pairs_of(before.rows, window.rows))
    return noise.as_record() if noise else None


def jump_of(
    noise: NoiseRecord | None, before: Sequence[Mapping[str, int]], window: Mapping[str, int]
) -> Finding | Undetermined:
    """Of a ``window``'s outcomes, how many of each class, and of the windows ``before``, as many as
    ``BACK`` names.
    """
    if noise is None:
        return Undetermined("how much outcomes jump by themselves is not known of the reference")
    if len(before) < len(BACK):
        return Undetermined("the windows shortly before have no outcomes to compare with")
    names = tuple(sorted({name for one in (*before, window) for name in one}))
    counts = [
        np.array([*(one.get(name, 0) for name in names), 0, 0], dtype=np.float64)
        for one in (*before, window)
    ]
    *others, own = [Categories(names, frozenset(), one) for one in counts]
    known = replace(own, counts=np.sum([one.counts for one in others], axis=0))
    change, rows = movement_of_categories(known, own), float(pairs_of(known.rows, own.rows))
    found = finding_of(JUMP, known, own, {JUMP: noise}, change, rows=rows)
    # Windows that follow one another share what they are compared with.
    return found if isinstance(found, Undetermined) else replace(found, independent=False)
