from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from ghosteam.documents.undetermined import Undetermined
from ghosteam.learning.metrics import (
    CALIBRATION_BINS,
    brier,
    calibration_error,
    log_loss,
    measure,
    roc_auc,
    weighted,
)

SAMPLES = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 20).map(lambda i: i / 20)), min_size=2, max_size=60
).filter(lambda pairs: len({target for target, _ in pairs}) == 2)


@given(SAMPLES)
def test_the_metrics_are_those_of_scikit_learn_ties_included(
    pairs: list[tuple[int, float]],
) -> None:
    target, scores = (np.array(column) for column in zip(*pairs, strict=True))
    assert roc_auc(target, scores) == pytest.approx(sk.roc_auc_score(target, scores))
    assert brier(target, scores) == pytest.approx(sk.brier_score_loss(target, scores))
    # The ends 0 and 1 are clipped differently by each library.
    inner = np.clip(scores, 0.01, 0.99)
    assert log_loss(target, inner) == pytest.approx(sk.log_loss(target, inner))


@given(SAMPLES, st.integers(0, 2**32 - 1))
def test_weights_are_repeated_rows(pairs: list[tuple[int, float]], seed: int) -> None:
    target, scores = (np.array(column) for column in zip(*pairs, strict=True))
    times = np.random.default_rng(seed).integers(0, 4, len(target))
    repeated = roc_auc(target.repeat(times), scores.repeat(times))
    by_weight = weighted("roc_auc", target, scores)(times.astype(float))
    assert by_weight == (
        repeated if isinstance(repeated, Undetermined) else pytest.approx(repeated)
    ) or (isinstance(by_weight, Undetermined) and isinstance(repeated, Undetermined))


def test_calibration_error_is_the_weighted_gap_of_scikit_learns_calibration_curve() -> None:
    draw = np.random.default_rng(3)
    scores = draw.random(2000)
    target = (draw.random(2000) < scores**2).astype(int)
    outcome, score = calibration_curve(target, scores, n_bins=CALIBRATION_BINS)
    share = np.histogram(scores, bins=CALIBRATION_BINS, range=(0, 1))[0] / 2000
    assert calibration_error(target, scores) == pytest.approx(
        float(np.abs(outcome - score) @ share)
    )


def test_calibration_error_by_hand() -> None:
    # One bin: the mean outcome is 0.5, the mean score 0.92.
    assert calibration_error([1, 0], [0.93, 0.91], bins=2) == pytest.approx(0.42)
    assert calibration_error([0, 1], [0.0, 1.0]) == 0


def test_one_class_leaves_the_area_undetermined_and_no_rows_leave_everything() -> None:
    assert isinstance(roc_auc([1, 1], [0.2, 0.4]), Undetermined)
    assert isinstance(log_loss([1, 1], [0.2, 0.4]), float)
    assert all(isinstance(value, Undetermined) for value in measure([], []).values())
