from __future__ import annotations

import numpy as np
import pytest

from ghosteam.documents.undetermined import Undetermined
from ghosteam.learning.compare import Comparison, compare


def sample(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Target, good scores, poor scores."""
    draw = np.random.default_rng(seed)
    chance = draw.random(rows)
    target = (draw.random(rows) < chance).astype(int)
    return target, chance, np.clip(chance + draw.normal(0, 0.4, rows), 0.001, 0.999)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier"])
def test_a_clearly_better_challenger_has_a_lower_bound_above_zero_for_every_metric(
    metric: str,
) -> None:
    target, good, poor = sample(2000)
    better = compare(target, poor, good, metric=metric, resamples=200)
    worse = compare(target, good, poor, metric=metric, resamples=200)
    assert isinstance(better, Comparison) and isinstance(worse, Comparison)
    assert 0 < better.lower < better.difference
    assert worse.difference == pytest.approx(-better.difference)
    assert worse.lower < 0


def test_a_model_is_not_better_than_itself() -> None:
    target, good, _ = sample(500)
    found = compare(target, good, good, metric="roc_auc", resamples=50)
    assert isinstance(found, Comparison)
    assert (found.difference, found.lower) == (0, 0)


def test_the_same_seed_gives_the_same_bound() -> None:
    target, good, poor = sample(300)
    assert compare(target, poor, good, metric="brier", resamples=50) == compare(
        target, poor, good, metric="brier", resamples=50
    )


def test_equally_good_models_are_rarely_called_better() -> None:
    """Seeded simulation: at 95 % confidence about 1 in 20 comparisons of equals passes."""
    passed = 0
    for seed in range(100):
        target, good, _ = sample(400, seed)
        draw = np.random.default_rng(1000 + seed)
        one, other = (np.clip(good + draw.normal(0, 0.2, 400), 0.001, 0.999) for _ in range(2))
        found = compare(target, one, other, metric="roc_auc", resamples=200, seed=seed)
        assert isinstance(found, Comparison)
        passed += found.lower > 0
    assert passed <= 12


def test_too_few_rows_or_one_class_leave_the_comparison_undetermined() -> None:
    target, good, poor = sample(99)
    assert isinstance(compare(target, good, poor, metric="brier"), Undetermined)
    ones = np.ones(200)
    assert isinstance(compare(ones, ones / 2, ones / 3, metric="roc_auc"), Undetermined)
