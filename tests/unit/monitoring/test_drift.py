"""Drift verdicts on simulated noise, and at the edges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.monitoring.combine import LIMIT
from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.watch import Detectors, Limit, Watch
from ghosteam.undetermined import Undetermined
from tests.drifting import BEGIN, DAY, NUMBERS, TEXTS, of, scores, simulated, verdict


def test_windows_of_unchanged_noise_are_false_alarms_in_at_most_two_percent(plain):
    random = np.random.default_rng(7)
    drifted = 0
    for rows in random.choice([200, 400, 1_000], 100):
        frame = simulated(random, 0, 1, int(rows))
        # min_effect 0: only noise and chance hold the alarms down.
        drifted += verdict(frame, plain[1], scores(frame), min_effect=1e-9).drifted
    assert drifted <= 3


SOME = pl.int_range(pl.len()) % 20 == 0
CHANGES = {
    "a quarter of a standard deviation": ("x0", "location", pl.col("x0") + 0.35),
    "half as much variance more": ("x2", "spread", pl.col("x2") * 1.5**0.5),
    "every twentieth row in another unit": (
        "x2",
        None,
        pl.when(SOME).then(pl.col("x2") * 1_000).otherwise("x2"),
    ),
    "every twentieth value missing": ("x2", "missing", pl.when(~SOME).then("x2")),
    "a sensor that is stuck": (
        "x2",
        "stuck",
        pl.when(pl.int_range(pl.len()) % 5 == 0).then(0.123).otherwise("x2"),
    ),
    "a new category": ("c0", "new_categories", pl.when(SOME).then(pl.lit("new")).otherwise("c0")),
    "a category that comes no more": (
        "c0",
        None,
        pl.when(pl.col("c0") == "a").then(pl.lit("b")).otherwise("c0"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_is_found_and_told(plain, what):
    frame, reference = plain
    name, detector, change = CHANGES[what]
    changed = frame.with_columns(change.alias(name))
    judged = verdict(changed, reference, scores(frame))
    assert name in judged.drifted_features and name in judged.matters
    found = of(judged, name)
    assert detector is None or found.method == detector
    assert found.told and found.p < 1e-4 and found.effect >= 0.1
    assert set(judged.drifted_features) <= {name} | {
        one.name for one in judged.features if one.role == "joint"
    }


def test_scores_that_go_to_the_wrong_rows_are_found_by_their_correlations(plain):
    frame, reference = plain
    wrong = scores(frame).sample(fraction=1, shuffle=True, seed=0)
    judged = verdict(frame, reference, wrong)
    assert judged.drifted_features[0] == "joint: correlation"
    assert "prediction late" in of(judged, "joint: correlation").told
    assert not verdict(frame, reference, scores(frame)).drifted


def test_scores_that_moved_drift_as_what_they_are(plain):
    frame, reference = plain
    judged = verdict(frame, reference, scores(frame).select(pl.col("late") * 0.6))
    assert "prediction late" in judged.matters
    assert judged.share == 0, "outputs are no features"


def test_a_window_is_judged_by_the_detectors_that_its_reference_was_made_with():
    random = np.random.default_rng(1)
    frame = simulated(random, 0, 30, 100)
    chosen = Detectors(numbers=("wasserstein",), categories=("hellinger",), joint=())
    reference = build_reference(
        frame, numeric=["x0"], categorical=["c0"], event_time="at", window=DAY, detectors=chosen
    )
    moved = frame.head(500).with_columns(pl.col("x0") + 1, c0=pl.lit("a"))
    judged = verdict(moved, reference, detectors=Detectors())
    assert {one.name: one.method for one in judged.features} == {
        "x0": "wasserstein",
        "c0": "hellinger",
    }
    assert set(judged.drifted_features) == {"x0", "c0"}


def test_features_are_looked_at_as_the_problem_says(plain):
    frame, reference = plain
    moved = frame.with_columns(pl.col("x2") + 0.5, pl.col("x3") + 0.5)
    assert {"x2", "x3"} <= set(verdict(moved, reference).drifted_features)
    assert "x2" not in {one.name for one in verdict(moved, reference, ignore=("x2",)).features}
    only = verdict(moved, reference, only=("x3", "x4"))
    assert {one.name for one in only.features if one.role == "feature"} == {"x3", "x4"}
    loose = verdict(moved, reference, limits={"x2": Limit(shift=0.8), "x3": Limit(shift=0.3)})
    assert not of(loose, "x2").drifted and of(loose, "x3").drifted


@pytest.mark.parametrize(
    ("limit", "change", "drifts"),
    [
        ({"missing": 0.03}, pl.when(~SOME).then("c0"), True),
        ({"missing": 0.08}, pl.when(~SOME).then("c0"), False),
        ({"share": 0.02}, pl.when(SOME).then(pl.lit("new")).otherwise("c0"), True),
        ({"share": 0.3}, pl.when(SOME).then(pl.lit("new")).otherwise("c0"), False),
    ],
)
def test_limits_are_in_a_features_own_units(plain, limit, change, drifts):
    frame, reference = plain
    judged = verdict(
        frame.with_columns(change.alias("c0")), reference, limits={"c0": Limit(**limit)}
    )
    assert of(judged, "c0").drifted is drifts


def test_what_the_model_hardly_uses_drifts_and_asks_for_nobody():
    random = np.random.default_rng(2)
    frame = simulated(random, 0, 30, 300)
    reference = build_reference(
        frame,
        numeric=NUMBERS,
        categorical=TEXTS,
        event_time="at",
        window=DAY,
        importance={"x0": 0.2, "x1": 0.1, "x2": 0.001, "x3": 0.0},
    )
    moved = simulated(random, 30, 1, 600).with_columns(pl.col("x0") + 1, pl.col("x3") + 1)
    judged = verdict(moved, reference)
    assert {"x0", "x3"} <= set(judged.drifted_features)
    assert "x0" in judged.matters and "x3" not in judged.matters
    assert of(judged, "x0").importance == pytest.approx(0.2 / 0.301)


def test_small_steps_that_go_on_are_drift_in_the_end(plain):
    frame, reference = plain
    small = frame.with_columns(x0=pl.col("x0") - pl.col("x0").mean() + 0.115)
    before: Mapping[str, float] = {}
    found, sums = [], []
    for _ in range(12):
        judged = verdict(small, reference, before=before)
        before = judged.cumulated
        found.append(of(judged, "x0"))
        sums.append(before["x0"])
    assert sums == sorted(sums)
    assert not found[0].drifted and found[-1].drifted and sums[-1] > LIMIT


def test_values_that_go_missing_are_drift(plain):
    frame, reference = plain
    judged = verdict(frame.with_columns(pl.lit(None, pl.Float64).alias("x0")), reference)
    found = of(judged, "x0")
    assert found.drifted and found.method == "missing"
    assert found.told == "missing in 100 %, was 0 %"


def test_a_feature_without_values_in_the_reference_is_judged_by_their_coming():
    frame = simulated(np.random.default_rng(0), 0, 10, 100).with_columns(
        empty=pl.lit(None, pl.Float64)
    )
    reference = build_reference(
        frame, numeric=["empty"], categorical=[], event_time="at", window=DAY
    )
    assert not verdict(frame.head(300), reference).drifted
    assert verdict(frame.head(300).with_columns(empty=1.0), reference).drifted


def test_too_few_rows_are_undetermined_and_say_how_many_are_needed(plain):
    frame, reference = plain
    judged = judge_window(frame.head(5), reference, watch=Watch())
    assert judged == Undetermined(
        "the window has predictions for 5 events, fewer than the 200 it needs"
    )


def test_a_constant_feature_drifts_only_when_it_changes():
    frame = pl.DataFrame(
        {"at": [BEGIN + timedelta(hours=number) for number in range(600)], "k": [3.0] * 600}
    )
    reference = build_reference(frame, numeric=["k"], categorical=[], event_time="at", window=DAY)
    assert not verdict(frame, reference).drifted
    assert verdict(frame.with_columns(k=pl.lit(4.0)), reference).drifted
