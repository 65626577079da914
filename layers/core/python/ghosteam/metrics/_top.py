"""Is the outcome among the likeliest classes."""

from __future__ import annotations

import numpy as np

from ghosteam.metrics.metric import Floats


def among(target: Floats, outputs: Floats, count: int) -> Floats:
    """1 where the outcome is among the ``count`` likeliest classes, else 0, ``(n,)``."""
    likeliest = np.argsort(-outputs, axis=1, kind="stable")[:, :count]
    found: Floats = (likeliest == target[:, None]).any(axis=1).astype(np.float64)
    return found
