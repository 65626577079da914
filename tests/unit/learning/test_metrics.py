"""Every metric keeps the contract and equals scikit-learn's, where that has it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from ghosteam.metrics.calibration_error import BINS
from ghosteam.metrics.coverage_error import COVERAGE
from ghosteam.metrics.metric import METRICS, Floats, measure, weighted
from ghosteam.tasks.regression import Regression
from ghosteam.tasks.task import TASKS, metrics_of
from ghosteam.testing.metrics import check_metric
from ghosteam.undetermined import Undetermined

THRESHOLD = 0.4
KINDS = {name: TASKS.find(name) for name in TASKS.names}
MEASURED = {name: (*metrics_of(kind), kind.honesty) for name, kind in KINDS.items()}
SUITED = [(task, metric) for task, metrics in MEASURED.items() for metric in metrics]
CLASSES = 4


@st.composite
def samples(draw: Any, task: str, *, inner: bool = False) -> tuple[Floats, Floats]:
    """Target and outputs of a task with ties; ``inner``: no probability is 0 or 1, which each
    library clips in its own way.
    """
    rows = draw(st.integers(2, 40))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    learns = TASKS.find(task).learns
    if learns == "regression":
        target = np.round(random.normal(5, 10, rows), draw(st.integers(0, 3)))
        value = np.round(target + random.normal(0, 3, rows), 1)
        return target, np.column_stack([value, value - 2.5, value + 2.5])
    if learns == "binary":
        target = (random.random(rows) < 0.5).astype(float)
        outputs = random.integers(0, 21, rows)[:, None] / 20
    else:
        target = random.integers(0, draw(st.integers(2, CLASSES)), rows).astype(float)
        outputs = random.multinomial(10, np.full(CLASSES, 1 / CLASSES), rows) / 10
    return target, np.clip(outputs, 0.02, 0.98) if inner else outputs


def decided(outputs: Floats) -> Floats:
    return outputs[:, 0] >= THRESHOLD if outputs.shape[1] == 1 else outputs.argmax(axis=1)


def by_sklearn(metric: Callable[..., float], **options: Any) -> Callable[[Floats, Floats], float]:
    return lambda target, outputs: metric(target, decided(outputs), **options)


def calibration_gap(came: Floats, said: Floats) -> float:
    """The weighted gaps of scikit-learn's calibration curve."""
    outcome, score = calibration_curve(came, said, n_bins=BINS)
    counts = np.histogram(said, bins=BINS, range=(0, 1))[0]
    return float(np.abs(outcome - score) @ counts[counts > 0] / len(said))


AVERAGED = {"zero_division": 0}
BINARY: dict[str, Callable[[Floats, Floats], float]] = {
    "roc_auc": lambda y, p: sk.roc_auc_score(y, p[:, 0]),
    "average_precision": lambda y, p: sk.average_precision_score(y, p[:, 0]),
    "log_loss": lambda y, p: sk.log_loss(y, p[:, 0], labels=[0, 1]),
    "brier": lambda y, p: sk.brier_score_loss(y, p[:, 0]),
    "accuracy": by_sklearn(sk.accuracy_score),
    "balanced_accuracy": by_sklearn(sk.balanced_accuracy_score),
    "precision": by_sklearn(sk.precision_score, **AVERAGED),
    "recall": by_sklearn(sk.recall_score, **AVERAGED),
    "f1": by_sklearn(sk.f1_score, **AVERAGED),
    "calibration_error": lambda y, p: calibration_gap(y, p[:, 0]),
}
PRESENT: dict[str, Callable[..., float]] = {
    "f1": sk.f1_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
}
MULTICLASS: dict[str, Callable[[Floats, Floats], float]] = {
    "log_loss": lambda y, p: sk.log_loss(y, p, labels=range(CLASSES)),
    "brier": lambda y, p: ((p - np.eye(CLASSES)[y.astype(int)]) ** 2).sum(axis=1).mean(),
    "accuracy": by_sklearn(sk.accuracy_score),
    "balanced_accuracy": by_sklearn(sk.balanced_accuracy_score),
    "calibration_error": lambda y, p: calibration_gap(y == decided(p), p.max(axis=1)),
    "roc_auc_macro": lambda y, p: np.mean(
        [sk.roc_auc_score(y == one, p[:, int(one)]) for one in np.unique(y)]
    ),
    **{
        f"{name}_{average}": lambda y, p, metric=metric, average=average: metric(
            y, decided(p), average=average, labels=np.unique(y), zero_division=0
        )
        for name, metric in PRESENT.items()
        for average in ("macro", "weighted")
    },
    **{
        f"top_{k}_accuracy": lambda y, p, k=k: sk.top_k_accuracy_score(
            # scikit-learn counts the last of equal classes first, ours the first.
            y,
            p - np.arange(CLASSES) * 1e-6,
            k=k,
            labels=range(CLASSES),
        )
        for k in (2, 3)
    },
}
REGRESSION: dict[str, Callable[[Floats, Floats], float]] = {
    "rmse": lambda y, p: sk.root_mean_squared_error(y, p[:, 0]),
    "mae": lambda y, p: sk.mean_absolute_error(y, p[:, 0]),
    "median_absolute_error": lambda y, p: sk.median_absolute_error(y, p[:, 0]),
    "mape": lambda y, p: sk.mean_absolute_percentage_error(y, p[:, 0]),
    "r2": lambda y, p: sk.r2_score(y, p[:, 0]),
    "pinball": lambda y, p: np.mean(
        [
            sk.mean_pinball_loss(y, p[:, place], alpha=level)
            for place, level in ((1, (1 - COVERAGE) / 2), (2, (1 + COVERAGE) / 2))
        ]
    ),
}
ORACLES = [
    (task, name, oracle)
    for task, oracles in (
        ("binary", BINARY),
        ("multiclass", MULTICLASS),
        ("regression", REGRESSION),
    )
    for name, oracle in oracles.items()
]


def test_every_metric_suits_a_task_and_each_task_names_known_ones() -> None:
    assert {metric for _, metric in SUITED} == set(METRICS.names)
    assert all({kind.metric, kind.loss} <= {*MEASURED[name]} for name, kind in KINDS.items())
    assert all(METRICS.find(name).name == name for name in METRICS.names)


def test_a_task_has_the_metrics_that_suit_it_by_name_or_by_what_it_learns() -> None:
    class Counts(Regression):
        name, metric = "counts", "mae"

    assert metrics_of(Counts())[0] == "mae"
    assert {*metrics_of(Counts())} == {*metrics_of(TASKS.find("regression"))}
    assert {"coverage_error", "calibration_error"}.isdisjoint(metrics_of(Counts()))


@pytest.mark.parametrize("name", METRICS.built_in)
def test_a_metric_says_what_it_is_and_where_that_stands(name: str) -> None:
    told = import_module(f"{METRICS.package}.{name}").__doc__
    assert told and "Source: " in told


@pytest.mark.parametrize(("task", "metric"), SUITED)
@settings(max_examples=25)
@given(data=st.data())
def test_a_metric_keeps_the_contract(task: str, metric: str, data: Any) -> None:
    target, outputs = data.draw(samples(task))
    times = np.random.default_rng(len(target)).integers(0, 4, len(target)).astype(float)
    times[0] = 1
    check_metric(METRICS.find(metric), target, outputs, times, threshold=THRESHOLD)


@pytest.mark.parametrize(("task", "name", "oracle"), ORACLES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_metric_is_scikit_learns(
    task: str, name: str, oracle: Callable[[Floats, Floats], float], data: Any
) -> None:
    target, outputs = data.draw(samples(task, inner=name == "log_loss"))
    if name == "log_loss" and task == "multiclass":
        outputs = outputs / outputs.sum(axis=1, keepdims=True)
    if name == "calibration_error":  # scikit-learn's bins are closed on the right, ours on the left
        outputs = 0.01 + 0.97 * outputs
    ours = measure(name, target, outputs, threshold=THRESHOLD)
    if isinstance(ours, Undetermined):
        one_outcome = len(np.unique(target)) < 2
        assert one_outcome or (name == "mape" and not target.all()), ours.reason
    else:
        assert ours == pytest.approx(oracle(target, outputs), abs=1e-9)


def test_calibration_error_by_hand() -> None:
    # Both in the last bin: the share of outcomes is 0.5, the mean probability 0.95.
    assert measure("calibration_error", [1, 0], [0.96, 0.94]) == pytest.approx(0.45)
    assert measure("calibration_error", [0, 1], [0.0, 1.0]) == 0
    # The likeliest class has 0.6 and 0.8, and comes once.
    several = [[0.6, 0.3, 0.1], [0.1, 0.1, 0.8]]
    assert measure("calibration_error", [0, 1], several) == pytest.approx((0.4 + 0.8) / 2)


def test_coverage_error_by_hand() -> None:
    inside = np.array([[5.0, 0, 10]] * 10)
    assert measure("coverage_error", np.full(10, 5.0), inside) == pytest.approx(0.1)
    assert measure("coverage_error", np.array([5.0] * 9 + [11]), inside) == pytest.approx(0)


def test_what_rows_do_not_determine_says_why() -> None:
    for name, target, outputs, says in (
        ("roc_auc", [1, 1], [0.2, 0.4], "only one class"),
        ("average_precision", [0, 0], [0.2, 0.4], "no row has the outcome 1"),
        ("recall", [0, 0], [0.2, 0.4], "no row has the outcome 1"),
        ("mape", [0, 2], [1, 2], "an outcome is 0"),
        ("r2", [2, 2], [1, 2], "all outcomes are equal"),
        ("r2", [0.1, 0.1, 0.1], [1, 2, 3], "all outcomes are equal"),
    ):
        found = measure(name, target, outputs)
        assert isinstance(found, Undetermined) and says in found.reason
    assert isinstance(measure("log_loss", [1, 1], [0.2, 0.4]), float)
    assert measure("precision", [1, 0], [0.1, 0.2]) == 0, "never decided"


def test_a_value_that_no_rows_of_the_task_can_give_judges_nothing() -> None:
    metric = METRICS.find("roc_auc")
    assert metric.checked(0.7) == 0.7
    for value in (1.0925, -1.13, float("nan")):
        found = metric.checked(value)
        assert isinstance(found, Undetermined) and "outside [0, 1]" in found.reason


def test_the_weighted_median_is_numpys_for_whole_weights() -> None:
    draw = np.random.default_rng(1)
    for rows in range(1, 12):
        target, outputs = draw.normal(size=rows), draw.normal(size=(rows, 1))
        times = draw.integers(0, 4, rows)
        times[0] = 1
        errors = np.abs(outputs[:, 0] - target).repeat(times)
        found = weighted("median_absolute_error", target, outputs)(times.astype(float))
        assert found == pytest.approx(np.median(errors))
