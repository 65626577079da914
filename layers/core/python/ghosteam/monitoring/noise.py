"""How restless a reference is by itself: what a window of it differs from the rest by, beyond
chance.

Rows of one window resemble one another: a day has its weather. Then windows differ by more than
chance among independent rows explains, and a large window by hardly less than a small one. From
blocks of a window's length in the reference follows the share of a row's variance that its whole
block has in common, and from that the design effect: how many rows count as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ghosteam.documents.drift_reference import NoiseRecord
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.laws import Law
from ghosteam.monitoring.tails import normal_distance, student_tail

FEWEST_BLOCKS = 3
FEWEST_SEASONS = 4
LONGEST = 0.98
FEWEST_LEVELS = 1.5


@dataclass(frozen=True)
class Noise:
    """``common``: the share of a row's variance that is its block's, at least 0 (the intraclass
    correlation). ``lasting``: the correlation of a block's level with the one before's, in [0,
    ``LONGEST``]. ``blocks``: how many there are; ``seen``: how many the sample spans that windows
    are compared with, where that is another one than the blocks are of.

    Source: Kish 1965 for the design effect.
    """

    common: float
    lasting: float
    blocks: int
    seen: float | None = None

    @classmethod
    def of(cls, over_chance: Floats, rows: Floats, *, lasting: float = 0.0) -> Noise | None:
        """From each block's squared distance over what chance gives, in the order of time, and its
        rows, both ``(n_blocks,)``; ``lasting`` as :func:`lasting` finds it. None with fewer than
        ``FEWEST_BLOCKS``.
        """
        count = over_chance.size
        if count < FEWEST_BLOCKS:
            return None
        common = max(0.0, float((over_chance - 1).sum() / rows.sum()))
        # The squares of an autoregressive series are correlated as the squares of its correlation.
        own = _unbiased(_correlation(over_chance), count) ** 0.5
        return cls(common, max(lasting, own), count)

    @property
    def levels(self) -> float:
        """To how many independent levels the blocks come for a mean: a level that lasts for many
        blocks was seen less often than the blocks are many. Source: Bartlett 1946, as the next.
        """
        return max(FEWEST_LEVELS, self.blocks * self._fresh)

    @property
    def unseen(self) -> float:
        """By how much a new level varies more around the sample's mean than the blocks' around
        theirs: their mean follows them, and the sample's is of few levels itself.
        """
        sampled = self.blocks if self.seen is None else self.seen
        return (1 + 1 / max(1.0, sampled * self._fresh)) / (1 - 1 / self.levels)

    @property
    def _fresh(self) -> float:
        """Independent levels a block."""
        return (1 - self.lasting) / (1 + self.lasting)

    def worth(self, rows: float) -> float:
        """To how many independent rows those of a window come where windows are added up one after
        the other: a level that lasts is added again and again.
        """
        return rows / (1 + rows * self.common * self.unseen / self._fresh)

    @property
    def degrees(self) -> float:
        """To how many degrees of freedom they come for a variance."""
        squared = self.lasting**2
        return max(1.0, (self.blocks - 1) * (1 - squared) / (1 + squared))

    def tail(self, law: Law, statistic: float, rows: float) -> float:
        """The chance of a ``statistic`` at least as large, of a window of ``rows`` like the
        reference's own.

        A new window is as far from the reference's mean level as levels are from one another and
        that mean from the true one; how far, is known as well as the degrees of freedom say
        (Satterthwaite 1946), hence Student's distribution.
        """
        between = rows * self.common * self.unseen
        if between < 1e-9:
            return law.tail(statistic)
        z = normal_distance(law.tail(statistic, between))
        return student_tail(z, degrees=self.degrees * (1 + 1 / between) ** 2)

    def as_record(self) -> NoiseRecord:
        """JSON-ready."""
        return {
            "common": float(f"{self.common:.4g}"),
            "lasting": round(self.lasting, 3),
            "blocks": self.blocks,
            "seen": self.seen,
        }

    @classmethod
    def from_record(cls, record: NoiseRecord) -> Noise:
        """The inverse of :meth:`as_record`."""
        return cls(record["common"], record["lasting"], record["blocks"], record["seen"])


def chance_of(noise: Noise | None, law: Law, statistic: float, rows: float) -> float:
    """The chance of a ``statistic`` at least as large; without noise, of independent rows."""
    return law.tail(statistic) if noise is None else noise.tail(law, statistic, rows)


def lasting(levels: Floats, by_chance: float, *, season: int = 1) -> float:
    """The correlation of each block's level with the one before, in [0, LONGEST].

    ``levels`` ``(n_blocks, k)``: how far each block is from their mean, in any directions, in the
    order of time; ``by_chance``: the squared length that chance alone gives such a row, which is
    not of the level. A level that comes again every ``season`` blocks is no lasting one, where
    there are enough seasons to see it. 0 where there is no more than chance.
    """
    count, width = levels.shape
    if count < FEWEST_BLOCKS or not width:
        return 0.0
    apart = season if count >= FEWEST_SEASONS * season else 1
    away = np.empty_like(levels)
    for first in range(apart):
        away[first::apart] = levels[first::apart] - levels[first::apart].mean(axis=0)
    square = float((away**2).sum()) / (count - apart)
    if square <= by_chance * (1 + 2 * (2 / (count * width)) ** 0.5):
        return 0.0
    following = float((away[1:] * away[:-1]).sum()) / (count - 1)
    return _unbiased(following / (square - by_chance), count)


def _unbiased(correlation: float, count: int) -> float:
    """A short series looks less correlated than it is. Source: Kendall 1954."""
    return min(LONGEST, max(0.0, correlation + (1 + 4 * correlation) / count))


def _correlation(series: Floats) -> float:
    """Of each with the one before."""
    away = series - series.mean()
    square = float(away @ away)
    return float(away[1:] @ away[:-1]) / square if square > 0 else 0.0
