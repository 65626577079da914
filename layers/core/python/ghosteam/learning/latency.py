"""How long one row's prediction takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from ghosteam.learning.package import Predictor
from ghosteam.metrics.metric import Value
from ghosteam.undetermined import Undetermined

_WARM_UP, _TIMED = 20, 200


def latency_ms(predictor: Predictor, holdout: pl.DataFrame, *, clock: Callable[[], float]) -> Value:
    """95th percentile of the time of one row's prediction from JSON-like values, in milliseconds,
    after a warm-up.
    """
    rows = (
        holdout.select(predictor.manifest.features).head(_TIMED).to_dicts()
        if predictor.reads(holdout)
        else []
    )
    if not rows:
        return Undetermined("there is no hold-out row to time")
    for row in rows[:_WARM_UP]:
        predictor.predict([row])
    times = []
    for row in rows:
        start = clock()
        predictor.predict([row])
        times.append(1000 * (clock() - start))
    return float(np.quantile(times, 0.95))
