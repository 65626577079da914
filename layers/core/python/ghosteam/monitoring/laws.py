"""What chance does to a statistic: its distribution for independent rows of one distribution, and
for rows of one window that resemble one another.

A statistic is a distance: under chance alone it shrinks as ``1 / sqrt(rows)``. Where windows have
levels of their own, its square is larger by what those levels are ``between`` windows: the design
effect, less 1. Source: Kish 1965; for chi-square, Rao and Scott 1981.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.tails import chi_square_tail, normal_distance, normal_tail


class Law(Protocol):
    """``tail(statistic, between)``: the chance of one at least as large, of a single comparison.
    ``expected``: what is usual by chance alone, its root mean square, of shape ``(...,)``.
    """

    @property
    def expected(self) -> Floats: ...

    def tail(self, statistic: float, between: float = 0.0) -> float: ...


@dataclass(frozen=True)
class ChiSquare:
    """``statistic ** 2 * scale`` has so many ``degrees`` of freedom; both of shape ``(...,)``.

    ``times``: the statistic is the largest of so many, whose chances add up (Bonferroni).
    """

    scale: Floats
    degrees: Floats | float
    times: float = 1.0

    @property
    def expected(self) -> Floats:
        """Of the largest of many, about what one of them exceeds in half of the cases."""
        degrees = np.asarray(self.degrees, dtype=np.float64)
        mean: Floats = np.maximum(degrees, normal_distance(0.5 / self.times) ** 2)
        found: Floats = np.sqrt(mean / self.scale)
        return found

    def tail(self, statistic: float, between: float = 0.0) -> float:
        """The chance of a statistic at least as large. Levels may lie in one direction alone,
        however many the degrees of freedom are: with them, fewer are left.
        """
        x, degrees = statistic**2 * float(self.scale), float(self.degrees)
        if degrees == 1:
            return min(1.0, normal_tail(math.sqrt(x / (1 + between))) * self.times)
        return min(1.0, _with_levels(x / degrees, degrees, between) * self.times)


@dataclass(frozen=True)
class Kolmogorov:
    """Of the largest difference between two empirical distributions; ``pairs`` is ``n m / (n +
    m)``, shape ``(...,)``. Ties make it only smaller. Source: Smirnov 1948.
    """

    pairs: Floats

    @property
    def expected(self) -> Floats:
        """The mean square of Kolmogorov's distribution is ``pi ** 2 / 12``."""
        found: Floats = np.sqrt(np.pi**2 / 12 / np.asarray(self.pairs))
        return found

    def tail(self, statistic: float, between: float = 0.0) -> float:
        """The chance of a statistic at least as large."""
        x = 2 * statistic**2 * float(self.pairs) / (1 + between)
        if x < 0.08:
            return 1.0
        # Later terms are below 1e-17 of the first one.
        terms = (
            2.0 * (-1.0) ** (k - 1) * math.exp(-(k**2) * x)
            for k in range(1, 2 + math.isqrt(1 + int(40 / x)))
        )
        return min(1.0, max(0.0, sum(terms)))


@dataclass(frozen=True)
class Gamma:
    """``statistic * root`` is about gamma distributed with ``mean`` and ``deviation``; ``root`` is
    the root of ``n m / (n + m)``, shape ``(...,)``.
    """

    root: Floats
    mean: float
    deviation: float

    @property
    def expected(self) -> Floats:
        """The root mean square."""
        found: Floats = math.hypot(self.mean, self.deviation) / np.asarray(self.root)
        return found

    def tail(self, statistic: float, between: float = 0.0) -> float:
        """The chance of a statistic at least as large."""
        shape, scaled = (self.mean / self.deviation) ** 2, statistic * float(self.root)
        scale = self.deviation**2 / self.mean
        if between:
            # The square's own degrees of freedom, by its mean and variance.
            degrees = 2 / ((shape + 2) * (shape + 3) / (shape * (shape + 1)) - 1)
            square = self.mean**2 + self.deviation**2
            return _with_levels(scaled**2 / square, degrees, between)
        return chi_square_tail(2 * scaled / scale, degrees=2 * shape)


@dataclass(frozen=True)
class Exponential:
    """Of a statistic with the mean ``scale``, of shape ``(...,)``, in which the levels of windows
    are already.
    """

    scale: Floats

    @property
    def expected(self) -> Floats:
        """The root mean square."""
        found: Floats = 2**0.5 * np.asarray(self.scale)
        return found

    def tail(self, statistic: float, between: float = 0.0) -> float:
        """The chance of a statistic at least as large."""
        return math.exp(-statistic / float(self.scale))


def _with_levels(square: float, degrees: float, between: float) -> float:
    """The chance of so large a ``square``, of mean 1 by chance alone, where it is the sum of a
    chi-square number of ``degrees`` and of a level's square, ``degrees * between`` in the mean.

    As one chi-square number with the sum's mean and variance. Source: Satterthwaite 1946.
    """
    total = 1 + between
    left = degrees * total**2 / (1 + 2 * between + degrees * between**2)
    return chi_square_tail(square / total * left, degrees=left)


def normal(variance: Floats, *, times: float = 1.0) -> ChiSquare:
    """Of the size of a normal number with mean 0 and ``variance``, shape ``(...,)``."""
    return ChiSquare(1 / np.asarray(variance), 1.0, times)


def pairs_of(reference_rows: Floats, rows: Floats) -> Floats:
    """``n m / (n + m)``: to how many rows of one sample two samples come when they are compared."""
    found: Floats = np.asarray(reference_rows) * rows / (np.asarray(reference_rows) + rows)
    return found
