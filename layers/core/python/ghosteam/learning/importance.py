"""How much a model's metric loses when a feature tells nothing."""

from __future__ import annotations

import numpy as np
import polars as pl

from ghosteam.learning.package import Predictor
from ghosteam.metrics.metric import METRICS, Floats, measure
from ghosteam.undetermined import Undetermined

MOST_ROWS = 2000


def importance(
    predictor: Predictor,
    frame: pl.DataFrame,
    target: Floats,
    *,
    metric: str,
    threshold: float,
    seed: int = 0,
) -> dict[str, float]:
    """For each feature how much worse ``metric`` is when its values are shuffled over the rows of
    ``frame``; about 0 for one that the model does not use. Empty where the metric is undetermined.

    At most ``MOST_ROWS`` rows are looked at, drawn with ``seed``. Source: Breiman 2001, section 10.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(frame.height)[:MOST_ROWS]
    some, outcomes = frame[rows], target[rows]

    def value(of: pl.DataFrame) -> float | Undetermined:
        return measure(metric, outcomes, predictor.predict_frame(of), threshold=threshold)

    usual, sign = value(some), METRICS.find(metric).sign
    if isinstance(usual, Undetermined):
        return {}
    found = {}
    for name in predictor.manifest.features:
        shuffled = some.with_columns(some[name][random.permutation(len(rows))])
        without = value(shuffled)
        if not isinstance(without, Undetermined):
            found[name] = sign * (usual - without)
    return found
