"""Detectors of categories that compare the categories' shares: each is a divergence of shares, and
its distance the divergence's square root.

A divergence gets shares ``p`` and ``q``, distributions along the last axis, and gives numbers in
[0, 1], one for each distribution.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.detectors.detector import Detector, Profile, Values

TOP_CATEGORIES = 200
OTHER = "\x00other"
DRAWS = 2_000

Divergence = Callable[[Floats, Floats], Floats]


def root_of(divergence: Divergence, *, name: str) -> Detector:
    """The detector whose distance is the square root of ``divergence``."""
    return Detector(
        name=name,
        kind="categories",
        profile=profile,
        distance=lambda known, values: distance(divergence, *bins(known, values)),
        distance_from_rest=partial(_distance_from_rest, divergence),
        critical=lambda known, values, alpha: critical(
            divergence, *bins(known, values), alpha=alpha
        ),
        bins=bins,
    )


def profile(values: Values) -> Profile:
    """``{"counts": {category: rows}}``: the most frequent categories, and :data:`OTHER` for what is
    none of them.
    """
    counts = _count(values)
    # Ties in an arbitrary order would make equal data give unequal profiles.
    known = sorted(counts, key=lambda name: (-counts[name], name))[:TOP_CATEGORIES]
    rows = count_categories(values, [*known, OTHER]).astype(int).tolist()
    return {"counts": dict(zip([*known, OTHER], rows, strict=True))}


def count_categories(values: Values, known: Sequence[str]) -> Floats:
    """Counts of ``values`` in the order of ``known``; values outside it add to :data:`OTHER`, when
    that is known.
    """
    import numpy as np

    counts = _count(values)
    inside = {name: counts.pop(name, 0) for name in known}
    if OTHER in inside:
        inside[OTHER] += counts.total()
    return np.array([inside[name] for name in known], dtype=np.float64)


def bins(profile: Profile, values: Values) -> tuple[Floats, Floats]:
    """Counts of the profile and of ``values``, a bin a category."""
    import numpy as np

    expected = np.array(list(profile["counts"].values()), dtype=np.float64)
    return expected, count_categories(values, list(profile["counts"]))


def distance(divergence: Divergence, expected: Floats, actual: Floats) -> float:
    """The divergence's square root, of counts of the same categories, both ``(n_categories,)`` with
    positive sums.
    """
    import numpy as np

    return float(np.sqrt(divergence(expected / expected.sum(), actual / actual.sum())))


def permuted(expected: Floats, actual: Floats, draws: int, seed: int) -> tuple[Floats, Floats]:
    """The rows of both samples dealt out anew ``draws`` times, as counts ``(draws, n_categories)``
    of those categories that were met: exact for samples of any distribution.

    Source: Efron and Tibshirani 1993, section 15.2.
    """
    import numpy as np

    pooled = (expected + actual).astype(np.int64)
    pooled = pooled[pooled > 0]
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(
        pooled, int(actual.sum()), draws, method="marginals"
    )
    return (pooled - drawn).astype(np.float64), drawn.astype(np.float64)


def critical(
    divergence: Divergence,
    expected: Floats,
    actual: Floats,
    *,
    alpha: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> float:
    """Distance that two samples of one distribution, as large as these counts ``(n_categories,)``,
    exceed with probability of about ``alpha``: the quantile over ``draws`` pairs of samples.

    The chi-square asymptotics of divergences (Pardo 2006) are no substitute: where categories are
    rare, they are exceeded several times as often as they say. Neither is a bootstrap from the
    pooled shares, which lack the categories that were not met.
    """
    import numpy as np

    p, q = permuted(expected, actual, draws, seed)
    found = divergence(p / expected.sum(), q / actual.sum())
    return float(np.sqrt(np.quantile(found, 1 - alpha)))


def _distance_from_rest(divergence: Divergence, profile: Profile, part: Values) -> float:
    whole, inside = bins(profile, part)
    return distance(divergence, whole - inside, inside)


def _count(values: Values) -> Counter[str]:
    return Counter(dict(values.value_counts().iter_rows()))
