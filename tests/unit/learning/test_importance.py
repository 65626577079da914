from __future__ import annotations

import numpy as np
import polars as pl

from ghosteam.learning.importance import importance
from tests.learning_builders import predictor, rows


def test_what_the_outcome_follows_from_matters_and_what_is_noise_does_not() -> None:
    frame = rows(3000).with_columns(
        line=pl.Series(np.random.default_rng(1).choice(["red", "green"], 3000))
    )
    model = predictor(frame)
    target = frame["target"].to_numpy()
    found = importance(model, frame, target, metric="roc_auc", threshold=0.5)
    assert list(found) == ["line", "wind"]
    assert found["wind"] > 0.1 and abs(found["line"]) < 0.1
    again = importance(model, frame, target, metric="roc_auc", threshold=0.5)
    assert again == found
    losses = importance(model, frame, target, metric="log_loss", threshold=0.5)
    assert losses["wind"] > 0, "greater is worse for a loss, and more important all the same"


def test_where_the_metric_is_undetermined_nothing_is_important() -> None:
    frame = rows(300)
    ones = np.ones(300)
    assert importance(predictor(frame), frame, ones, metric="roc_auc", threshold=0.5) == {}
