"""Performance verdicts on labelled predictions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from ghosteam.metrics.metric import measure
from ghosteam.monitoring.performance import (
    KnowingNothing,
    WindowPerformance,
    join_labels,
    judge_performance,
    skill,
)
from ghosteam.monitoring.prediction_log import OneAnEvent, named
from ghosteam.monitoring.windows import (
    window_end_at,
    windows_changed_by,
    windows_ended_within,
)
from ghosteam.problem.lengths import days
from ghosteam.undetermined import Undetermined

RULE = {
    "metric": "roc_auc",
    "metrics": ("brier",),
    "holdout": 0.76,
    "min_labels": 500,
    "max_drop": 0.03,
}


def labelled(rows: int, signal: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    target = (random.random(rows) < 0.25).astype(np.int8)
    scores = 1 / (1 + np.exp(-(signal * target + random.normal(size=rows))))
    return target, scores[:, None]


def test_the_value_is_scikit_learns_and_lies_inside_its_bounds():
    target, scores = labelled(3_000, 1.0)
    judged = judge_performance(target, scores, **RULE)
    assert isinstance(judged, WindowPerformance)
    assert judged.value == pytest.approx(roc_auc_score(target, scores[:, 0]))
    assert judged.metrics["brier"] == pytest.approx(brier_score_loss(target, scores[:, 0]))
    assert judged.lower < judged.value < judged.upper
    assert not judged.degraded


def test_a_model_that_lost_its_signal_is_degraded():
    assert judge_performance(*labelled(3_000, 0.3), **RULE).degraded


def test_a_drop_that_chance_explains_is_no_degradation():
    # 0.72 on 500 rows is under 0.73, but its upper bound is not.
    judged = judge_performance(*labelled(500, 0.8, seed=8), **RULE)
    assert judged.value < judged.limit < judged.upper and not judged.degraded


def test_of_a_loss_a_larger_value_is_worse():
    target, scores = labelled(2_000, 1.0)
    rule = {**RULE, "metric": "brier", "holdout": 0.1, "max_drop": 0.02}
    assert judge_performance(target, scores, **rule).degraded
    assert not judge_performance(target, target.astype(float)[:, None], **rule).degraded


def rarely(rows: int, seed: int, *, signal: bool) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of which 13 % come, and calibrated scores with an area of about 0.77, of the rows or
    of others.
    """
    random = np.random.default_rng(seed)
    said = random.beta(0.9, 6, rows)
    target = (random.random(rows) < said).astype(np.int8)
    return target, (said if signal else random.permutation(said))[:, None]


def nothing(target: np.ndarray, metric: str = "brier") -> KnowingNothing:
    learned, outputs = rarely(20_000, 0, signal=True)
    constant = np.full((len(learned), 1), learned.mean())
    known = measure(metric, learned, constant)
    assert isinstance(known, float) and isinstance(measure(metric, learned, outputs), float)
    return KnowingNothing(np.array([target.mean()]), known, 0.5)


def holdout(metric: str) -> float:
    found = measure(metric, *rarely(20_000, 0, signal=True))
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize("metric", ["brier", "log_loss"])
def test_a_rare_outcomes_loss_is_worse_without_signal_by_less_than_the_limit_and_found_by_skill(
    metric,
):
    rule = {**RULE, "metric": metric, "holdout": holdout(metric)}
    found = {True: 0, False: 0}
    for seed in range(1, 21):
        for signal in found:
            target, scores = rarely(1_000, seed, signal=signal)
            judged = judge_performance(target, scores, **rule, nothing=nothing(target, metric))
            found[signal] += judged.degraded
            assert judged.unskilled or not judged.degraded or metric != "brier"
    assert found[False] >= 19 and found[True] <= 1


def test_skill_is_the_share_of_the_way_from_knowing_nothing_to_perfect():
    # By hand: an area of 0.75 is half of the way from 0.5 to 1, a squared error of 0.12 is a
    # quarter of the way from 0.16 to 0.
    assert skill("roc_auc", 0.75, 0.5) == pytest.approx(0.5)
    assert skill("brier", 0.12, 0.16) == pytest.approx(0.25)
    assert skill("rmse", 12.0, 10.0) == pytest.approx(-0.2)
    assert skill("brier", 0.1, 0.0) is None and skill("brier", Undetermined("x"), 0.2) is None


def test_without_skill_on_the_hold_out_none_is_asked_for():
    target, scores = rarely(1_000, 3, signal=False)
    knew = nothing(target)
    rule = {**RULE, "metric": "brier", "holdout": knew.holdout + 0.001}
    judged = judge_performance(target, scores, **rule, nothing=knew)
    assert judged.skill is None and not judged.degraded


def test_the_same_rows_give_the_same_bounds():
    target, scores = labelled(800, 1.0)
    assert judge_performance(target, scores, **RULE) == judge_performance(target, scores, **RULE)


@pytest.mark.parametrize(
    ("rows", "change", "reason"),
    [
        (499, {}, "499 predictions have their outcome, fewer than the 500 that are needed"),
        (600, {"holdout": None}, "the champion has no roc_auc on its hold-out to compare with"),
    ],
)
def test_what_cannot_be_judged_says_why(rows, change, reason):
    assert judge_performance(*labelled(rows, 1.0), **{**RULE, **change}) == Undetermined(reason)


def test_outcomes_of_one_class_only_are_undetermined():
    assert isinstance(
        judge_performance(np.zeros(600), np.linspace(0, 1, 600)[:, None], **RULE), Undetermined
    )


def test_of_repeated_predictions_for_one_event_the_first_made_counts():
    at = datetime(2024, 1, 1, tzinfo=UTC)
    predictions = pl.DataFrame(
        {
            "event": [{"id": one} for one in (1, 1, 2, 3)],
            "model_version": ["1"] * 4,
            "event_time": [at] * 4,
            "made_at": [at + timedelta(minutes=2), at, at, at],
            "prediction_id": ["b", "a", "c", "d"],
            "outputs": [[0.9], [0.1], [0.5], [0.7]],
        }
    )
    labels = pl.DataFrame(
        {
            "id": [1, 2, 3],
            "event_time": [at, at, at + timedelta(days=1)],
            "target": [1, 0, 1],
        }
    )
    made = named(OneAnEvent(("id", "event_time")).of(predictions))
    assert made.height == 3
    joined = join_labels(made, labels, event_id=("id", "event_time"), target="target")
    found = sorted(joined.select("outputs", "target").rows())
    assert found == [([0.1], 1), ([0.5], 0)]


def test_an_event_with_an_id_has_its_outcome_though_its_time_was_corrected():
    asked, corrected = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    predictions = pl.DataFrame(
        {
            "id": [1],
            "event_time": [asked],
            "made_at": [asked],
            "prediction_id": ["a"],
            "outputs": [[0.1]],
        }
    )
    labels = pl.DataFrame({"id": [1], "event_time": [corrected], "target": [1]})
    joined = join_labels(predictions, labels, event_id=("id",), target="target")
    assert joined.select("event_time", "outputs", "target").rows() == [(asked, [0.1], 1)]


def test_windows_end_on_a_grid_and_only_once_data_past_them_exist():
    week, end = timedelta(days=7), datetime(2024, 1, 4, tzinfo=UTC)
    assert window_end_at(end + timedelta(hours=1), length=days(7)) == end
    assert windows_ended_within(
        end - timedelta(days=1), end + timedelta(days=8), length=days(7)
    ) == [
        end,
        end + week,
    ]
    assert windows_ended_within(end, end + timedelta(days=6), length=days(7)) == []


@pytest.mark.parametrize(
    ("span", "others", "expected"),
    [
        ((0, 6), [], []),
        ((0, 8), [], [7]),
        # A window's end between two batches: the later one completes it.
        ((8, 9), [(0, 6)], [7]),
        ((7, 9), [(0, 6)], [7]),
        # Outcomes that come late change windows that are complete already.
        ((1, 2), [(0, 6), (8, 20)], [7]),
        ((1, 9), [(0, 30)], [7, 14]),
        # What lies between two batches is complete too, if empty.
        ((40, 41), [(0, 6)], [7, 14, 21, 28, 35]),
    ],
)
def test_a_batch_of_outcomes_judges_the_windows_that_it_changes_or_completes(
    span, others, expected
):
    start = datetime(2024, 1, 4, tzinfo=UTC)
    assert window_end_at(start, length=days(7)) == start

    def at(days: tuple[int, int]) -> tuple[datetime, datetime]:
        return start + timedelta(days=days[0]), start + timedelta(days=days[1])

    batch, ends = at(span), [at(other)[1] for other in others]
    found = windows_changed_by(
        batch,
        before=max((end for end in ends if end < batch[0]), default=None),
        newest=max([batch[1], *ends]),
        length=days(7),
    )
    assert [(end - start).days for end in found] == expected
