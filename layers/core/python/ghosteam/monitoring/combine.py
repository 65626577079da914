"""From many findings to one verdict: which columns of a window drifted, at a rate of false ones
that is held for all columns and detectors together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ghosteam.metrics.metric import Floats

FALSE_DISCOVERIES = 0.01
"""The share of the columns that are found drifted that chance may have made so, in expectation; in
a window without drift, the chance that any is found.
"""
SLACK = 1.5
LIMIT = 7.0
MOST_IMPORTANT = 0.95
EVEN = 0.5


def discoveries(p: Floats, weights: Floats, *, rate: float = FALSE_DISCOVERIES) -> Floats:
    """Which of the hypotheses with these ``p`` ``(n,)`` are rejected, true or false ``(n,)``, at a
    false discovery rate of at most ``rate``. ``weights`` ``(n,)``, positive: those that matter more
    need less to be found.

    Source: Benjamini and Hochberg 1995; Genovese, Roeder and Wasserman 2006 for the weights.
    """
    if not p.size:
        return np.zeros(0, dtype=bool)
    weighted = p / (weights / weights.mean())
    order = np.argsort(weighted, kind="stable")
    within = weighted[order] <= rate * np.arange(1, p.size + 1) / p.size
    found = np.zeros(p.size, dtype=bool)
    if within.any():
        found[order[: int(np.flatnonzero(within).max()) + 1]] = True
    return found


def cumulated(before: float, z: float, *, slack: float = SLACK) -> float:
    """The cumulative sum of standardised distances after one more of ``z`` >= 0, which rises while
    windows are more than ``slack`` from the reference; beyond ``LIMIT`` it is drift, however slow.

    Source: Page 1954.
    """
    return max(0.0, before + z - slack)


def weights_of(names: Sequence[str], importance: Mapping[str, float]) -> Floats:
    """For :func:`discoveries`: half is shared out evenly, half by ``importance``; all alike where
    it is not known. What has no importance of its own, such as predictions, weighs as the most
    important feature.
    """
    if not importance:
        return np.ones(len(names))
    most = max(importance.values())
    shares = [importance.get(name, most if " " in name else 0.0) for name in names]
    return EVEN + (1 - EVEN) * len(names) * np.array(shares) / max(sum(shares), 1e-12)


def important(importance: Mapping[str, float]) -> frozenset[str] | None:
    """The features that together have ``MOST_IMPORTANT`` of the importance, as few as do; None
    where it is not known, so that all may be.
    """
    if not importance:
        return None
    found, total = set(), 0.0
    for name in sorted(importance, key=lambda one: (-importance[one], one)):
        if total >= MOST_IMPORTANT:
            break
        found.add(name)
        total += importance[name]
    return frozenset(found)
