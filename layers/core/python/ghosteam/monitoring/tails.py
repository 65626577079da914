"""Tail probabilities and normal scores that numpy does not have."""

from __future__ import annotations

import math
from statistics import NormalDist

from ghosteam.metrics.metric import Floats

_TINY = 1e-300
_STEPS = 10_000
_NORMAL = NormalDist()


def normal_tail(z: float) -> float:
    """Chance that a standard normal number is further from 0 than ``z`` >= 0."""
    return math.erfc(z / math.sqrt(2))


def normal_distance(p: float) -> float:
    """The inverse of :func:`normal_tail`: 0 for p = 1, at most 37."""
    return max(0.0, -_NORMAL.inv_cdf(max(p, _TINY) / 2)) if p < 1 else 0.0


def chi_square_tail(x: float, *, degrees: float) -> float:
    """Chance that a chi-square number of so many ``degrees`` > 0, whole or not, is over ``x``.

    The regularised incomplete gamma function, by its series below the mean and by Lentz's continued
    fraction above. Source: Press et al. 2007, section 6.2.
    """
    a, half = degrees / 2, x / 2
    if half <= 0:
        return 1.0
    front = math.exp(a * math.log(half) - half - math.lgamma(a))
    if half < a + 1:
        term = total = 1 / a
        for step in range(1, _STEPS):
            term *= half / (a + step)
            total += term
            if term < total * 1e-14:
                break
        return max(0.0, 1 - front * total)
    b = half + 1 - a
    c, d = 1 / _TINY, 1 / b
    found = d
    for step in range(1, _STEPS):
        numerator = -step * (step - a)
        b += 2
        d = 1 / (numerator * d + b or _TINY)
        c = b + numerator / c or _TINY
        found *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return min(1.0, front * found)


def student_tail(t: float, *, degrees: float) -> float:
    """Chance that a Student t number of so many ``degrees`` > 0 is further from 0 than ``t`` >= 0.

    The regularised incomplete beta function ``I_x(degrees / 2, 1 / 2)`` at ``x = degrees / (degrees
    + t^2)``. Source: Press et al. 2007, section 6.4; of very many degrees Abramowitz and Stegun
    1964, 26.7.8.
    """
    if degrees > 1e6:
        return normal_tail(t * (1 - 1 / (4 * degrees)) / math.sqrt(1 + t * t / (2 * degrees)))
    x = degrees / (degrees + t * t)
    a, b = degrees / 2, 0.5
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, 1 - x)
    return _beta(a, b, x)


def normal_scores(p: Floats) -> Floats:
    """Quantiles of the standard normal distribution at ``p`` in (0, 1), to 0.01 between 0.005 and
    0.995 and to 0.4 at 1e-5: scores of ranks, for which that is enough.

    Tukey's lambda distribution. Source: Joiner and Rosenblatt 1971.
    """
    found: Floats = 4.91 * (p**0.14 - (1 - p) ** 0.14)
    return found


def _beta(a: float, b: float, x: float) -> float:
    if x <= 0:
        return 0.0
    front = math.exp(
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(x)
        + b * math.log1p(-x)
        - math.log(a)
    )
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or _TINY)
    found = d
    for step in range(1, _STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        for numerator in (even, odd):
            d = 1 / (1 + numerator * d or _TINY)
            c = 1 + numerator / c or _TINY
            found *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return min(1.0, front * found)
