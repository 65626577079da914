"""Temperature scaling: one number that makes probabilities less, or more, sure of themselves.

It keeps the order of a row's classes. Source: Guo et al. 2017, section 4.2.
"""

from __future__ import annotations

import math

import numpy as np

from ghosteam.metrics.metric import Floats

WIDEST = 4.0
"""Temperatures lie between a quarter and four: what needs more is no calibration of a model."""
_CLIP = 1e-15


def fitted(probabilities: Floats, target: Floats) -> float:
    """The temperature with the least log loss on rows of ``probabilities`` ``(n, n_classes)`` whose
    class is ``target`` ``(n,)``; 1 changes nothing.
    """
    from scipy.optimize import minimize_scalar

    rows, came = np.arange(len(target)), target.astype(np.int64)

    def loss(log_temperature: float) -> float:
        scaled = at(probabilities, math.exp(log_temperature))[rows, came]
        return float(-np.log(np.clip(scaled, _CLIP, 1)).mean())

    widest = math.log(WIDEST)
    best = float(minimize_scalar(loss, bounds=(-widest, widest), method="bounded").x)
    return math.exp(best) if loss(best) < loss(0.0) else 1.0


def at(probabilities: Floats, temperature: float) -> Floats:
    """``probabilities`` ``(n, n_classes)`` at a temperature: proportional to p ** (1 / T)."""
    if temperature == 1.0:
        return probabilities
    logits = np.log(np.clip(probabilities, _CLIP, 1)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found
