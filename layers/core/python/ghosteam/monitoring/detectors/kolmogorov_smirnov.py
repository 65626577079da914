"""Largest difference between two empirical distributions, of numbers.

Source: Smirnov 1948; see :mod:`ghosteam.monitoring.ks`.
"""

from __future__ import annotations

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Profile, Values


def profile(values: Values) -> Profile:
    """The empirical distribution at evenly spaced order statistics."""
    from ghosteam.monitoring.ks import ecdf

    return ecdf(values.to_numpy()).as_record()


def distance(profile: Profile, values: Values) -> float:
    """The statistic at the profile's boundaries, which misses at most the profile's error bound."""
    from ghosteam.monitoring.ks import Ecdf, ks_distance

    return ks_distance(Ecdf.from_record(profile), values.to_numpy())


def distance_from_rest(profile: Profile, part: Values) -> float:
    """The part belongs to the whole: ``F_part - F_rest = (F_part - F_whole) n / (n - n_part)``."""
    rows = int(profile["rows"])
    return min(1.0, distance(profile, part) * rows / (rows - len(part)))


def critical(profile: Profile, values: Values, alpha: float) -> float:
    """By the asymptotic form, which ties make only larger than need be."""
    from ghosteam.monitoring.ks import ks_critical

    return ks_critical(len(values), int(profile["rows"]), alpha=alpha)


def bins(profile: Profile, values: Values) -> tuple[Floats, Floats]:
    """Ten bins, cut at the profile's quantiles."""
    from ghosteam.monitoring.ks import Ecdf
    from ghosteam.monitoring.psi import quantile_bins

    return quantile_bins(Ecdf.from_record(profile), values.to_numpy())


MEMBER = Detector(
    name="kolmogorov_smirnov",
    kind="numbers",
    profile=profile,
    distance=distance,
    distance_from_rest=distance_from_rest,
    critical=critical,
    bins=bins,
)
