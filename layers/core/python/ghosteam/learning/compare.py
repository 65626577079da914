"""Is one model better than another? A paired bootstrap of the difference on the same rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ghosteam.metrics.metric import METRICS, Floats, weighted
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.undetermined import Undetermined

MIN_ROWS = 100
MIN_BLOCKS = 10
RESAMPLES = 1000
MIN_VARIED = 6
"""Blocks with a second outcome: of ever so many, less than one draw in 400 has none of them."""
_MAX_LOST = 0.01
BlockName = Literal["days", "entities"]


@dataclass(frozen=True)
class ResamplingBlocks:
    """Rows whose outcomes may move together. ``block`` ``(n,)``: each row's, from 0 on."""

    name: BlockName
    block: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.block.max(initial=-1)) + 1

    def where(self, rows: NDArray[np.bool_]) -> ResamplingBlocks:
        """Those of some rows."""
        return ResamplingBlocks(self.name, np.unique(self.block[rows], return_inverse=True)[1])


@dataclass(frozen=True)
class Comparison:
    """``difference`` > 0 means that the challenger is better; ``lower`` and ``upper`` are its
    one-sided bounds, each at ``confidence``, from draws of so many ``blocks``.
    """

    metric: str
    difference: float
    lower: float
    upper: float
    confidence: float
    rows: int
    blocks: int
    drawn: BlockName


def blocks_of(frame: pl.DataFrame, entity: tuple[str, ...]) -> ResamplingBlocks:
    """The days (UTC) of a hold-out's events, or their entities where it has fewer than
    ``MIN_BLOCKS`` days, or events have no time.
    """
    entities = ResamplingBlocks("entities", _numbered(frame.select(pl.struct(entity)).to_series()))
    if EVENT_TIME not in frame.columns:
        return entities
    days = frame.get_column(EVENT_TIME).dt.truncate("1d")
    if days.n_unique() >= MIN_BLOCKS:
        return ResamplingBlocks("days", _numbered(days))
    return entities


def compare(
    target: Floats,
    champion: Floats,
    challenger: Floats,
    blocks: ResamplingBlocks,
    *,
    metric: str,
    confidence: float = 0.95,
    threshold: float = 0.5,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison | Undetermined:
    """Difference of ``metric`` between two models' outputs, each ``(n, n_outputs)``, on the same
    rows, with bounds.

    Blocks are drawn with replacement, the same draw for both models, since outcomes of one day move
    together (Field and Welsh 2007). The bounds are as many deviations of the draws' differences
    from the measured one as Student's t says of one degree of freedom less than there are blocks
    (Cameron, Gelbach and Miller 2008, section II): quantiles of the draws are too close to it where
    blocks are few, and tell nothing of a confidence that one draw in thousands exceeds.
    Undetermined below 100 rows or 10 blocks, or when more than 1 % of the draws leave the metric
    undefined.
    """
    rows = len(target)
    if rows < MIN_ROWS:
        return Undetermined(f"{rows} rows are too few to compare two models; {MIN_ROWS} are needed")
    if blocks.count < MIN_BLOCKS:
        return Undetermined(
            f"{blocks.count} {blocks.name} are too few to compare two models; {MIN_BLOCKS} are "
            "needed"
        )
    sign = METRICS.find(metric).sign
    ours = weighted(metric, target, challenger, threshold=threshold)
    theirs = weighted(metric, target, champion, threshold=threshold)

    def difference(weights: Floats) -> float | Undetermined:
        one, other = ours(weights), theirs(weights)
        if isinstance(one, Undetermined):
            return one
        # Without the 0 no difference would be told as -0.0000.
        return other if isinstance(other, Undetermined) else sign * (one - other) + 0.0

    measured = difference(np.ones(rows))
    if isinstance(measured, Undetermined):
        return measured
    random = np.random.default_rng(seed)
    draws = (
        np.bincount(random.integers(blocks.count, size=blocks.count), minlength=blocks.count)
        for _ in range(resamples)
    )
    found = [
        value
        for drawn in draws
        if not isinstance(value := difference(drawn[blocks.block].astype(float)), Undetermined)
    ]
    if len(found) < (1 - _MAX_LOST) * resamples:
        return Undetermined(
            f"an outcome is so rare that draws of {blocks.name} often lack it: "
            f"{_varied(target, blocks)} of {blocks.count} {blocks.name} have it; {MIN_VARIED} are "
            "needed"
        )
    reach = _deviations(blocks.count, confidence) * float(np.std(found))
    return Comparison(
        metric,
        measured,
        measured - reach,
        measured + reach,
        confidence,
        rows,
        blocks.count,
        blocks.name,
    )


def _varied(target: Floats, blocks: ResamplingBlocks) -> int:
    """How many blocks have another outcome than the one that most blocks have alone."""
    low, high = np.full(blocks.count, np.inf), np.full(blocks.count, -np.inf)
    np.minimum.at(low, blocks.block, target)
    np.maximum.at(high, blocks.block, target)
    alone = np.unique(low[low == high], return_counts=True)[1]
    return blocks.count - int(alone.max(initial=0))


def _deviations(blocks: int, confidence: float) -> float:
    """How many deviations of draws of so many blocks a one-sided bound is away. A draw varies less
    than what it was drawn from, by the factor under the root.
    """
    from scipy.special import stdtrit

    return float(stdtrit(blocks - 1, confidence)) * math.sqrt(blocks / (blocks - 1))


def _numbered(values: pl.Series) -> NDArray[np.int64]:
    found: NDArray[np.int64] = values.rank("dense").cast(pl.Int64).to_numpy() - 1
    return found
