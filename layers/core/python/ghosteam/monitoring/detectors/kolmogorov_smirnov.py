"""Largest difference between two empirical distributions, of numbers.

Source: Smirnov 1948.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.monitoring.detectors.detector import Detector, Measured

if TYPE_CHECKING:
    from ghosteam.monitoring.samples.numbers import Numbers

OF_A_SHIFT = 0.399
"""A normal number's shift by a small share of its standard deviation makes so much of that share:
the density at its mean.
"""


def measure(reference: Numbers, window: Numbers) -> Measured:
    """The statistic at the reference's boundaries, from both sides of each. It misses at most the
    reference's largest share of rows between two of them. Its energy is Cramér's and von Mises',
    whose mean by chance ties do not change.
    """
    import numpy as np

    from ghosteam.monitoring.laws import Kolmogorov, pairs_of

    away = np.abs(reference.shares - window.shares)
    pairs = pairs_of(reference.rows, window.rows)
    usual = np.mean(reference.shares * (1 - reference.shares), axis=-1)
    energy = np.mean(away**2, axis=-1) * pairs / np.maximum(usual, 1e-9)
    found = away.max(axis=-1)
    return Measured(found, found / OF_A_SHIFT, Kolmogorov(pairs), energy)


MEMBER = Detector(name="kolmogorov_smirnov", kind="numbers", measure=measure)
