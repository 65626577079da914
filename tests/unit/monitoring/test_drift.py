"""Drift verdicts: on real data, on simulated noise, and at the edges."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.documents.verdicts import DriftVerdict
from ghosteam.monitoring.combine import LIMIT
from ghosteam.monitoring.drift import WindowDrift, judge_window, sustained
from ghosteam.monitoring.older_references import OTHER
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.lengths import days
from ghosteam.problem.watch import Detectors, Limit, Watch
from ghosteam.undetermined import Undetermined

DAY, WEEK = timedelta(days=1), timedelta(days=7)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
NUMERIC = ["distance", "hour", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
CATEGORICAL = ["carrier", "origin", "dest"]


@pytest.fixture(scope="module")
def winter(flights_with_weather):
    frame = flights_with_weather.filter(pl.col("month") <= 3)
    return build_reference(
        frame, numeric=NUMERIC, categorical=CATEGORICAL, event_time="time_hour", window=WEEK
    )


def week(frame: pl.DataFrame, month: int, day: int) -> pl.DataFrame:
    begin = datetime(2013, month, day, tzinfo=UTC)
    return frame.filter(pl.col("time_hour").is_between(begin, begin + WEEK, closed="left"))


def verdict(frame: pl.DataFrame, reference, outputs=None, before=None, **watch) -> WindowDrift:
    judged = judge_window(frame, reference, watch=Watch(**watch), outputs=outputs, before=before)
    assert isinstance(judged, WindowDrift)
    return judged


def of(judged: WindowDrift, name: str):
    return next(one for one in judged.features if one.name == name)


@pytest.mark.parametrize("day", [1, 8, 15, 22])
def test_in_july_the_temperature_has_drifted_and_the_distance_flown_has_not(
    flights_with_weather, winter, day
):
    judged = verdict(week(flights_with_weather, 7, day), winter)
    assert judged.drifted_features[0] == "temp"
    assert not {"distance", "hour", "carrier", "origin"} & set(judged.drifted_features)


def test_no_single_week_of_the_reference_quarter_drifts(flights_with_weather, winter):
    begins = [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=9 * i) for i in range(9)]
    for begin in begins:
        judged = verdict(week(flights_with_weather, begin.month, begin.day), winter)
        assert not judged.drifted, (begin, judged.drifted_features)


def test_a_july_sample_of_a_few_hundred_predictions_is_enough(flights_with_weather, winter):
    sample = week(flights_with_weather, 7, 8).sample(300, seed=2)
    assert "temp" in verdict(sample, winter).drifted_features


def test_after_half_a_year_no_week_of_the_next_asks_for_anybody(flights_with_weather):
    frame = flights_with_weather.filter(pl.col("month") <= 6)
    known = build_reference(
        frame, numeric=NUMERIC, categorical=CATEGORICAL, event_time="time_hour", window=WEEK
    )
    earlier: list[DriftVerdict] = []
    for number in range(25):
        begin = datetime(2013, 7, 1, tzinfo=UTC) + number * WEEK
        judged = verdict(week(flights_with_weather, begin.month, begin.day), known)
        again = sustained(judged.matters, begin + WEEK, earlier, window=days(7), votes=(2, 3))
        assert not again, (begin, again)
        earlier.append(
            DriftVerdict(
                window_start=begin,
                window_end=begin + WEEK,
                model_version="1",
                drifted_features=judged.drifted_features,
            )
        )


def simulated(random: np.random.Generator, day: int, days: int, rows: int) -> pl.DataFrame:
    count = days * rows
    return pl.DataFrame(
        {
            "at": [BEGIN + DAY * (day + number / rows) for number in range(count)],
            **{f"x{i}": random.normal(size=count) for i in range(5)},
            "zeros": np.where(random.random(count) < 0.7, 0, random.exponential(size=count)),
            **{f"c{i}": random.choice(list("abcdefghijklmnop"), count) for i in range(2)},
        }
    )


NUMBERS, TEXTS = [f"x{i}" for i in range(5)] + ["zeros"], ["c0", "c1"]


def scores(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(late=1 / (1 + (-pl.col("x0") - pl.col("x1") / 2).exp()))


@pytest.fixture(scope="module")
def plain():
    random = np.random.default_rng(1)
    frame = simulated(random, 0, 60, 400)
    reference = build_reference(
        frame,
        numeric=NUMBERS,
        categorical=TEXTS,
        event_time="at",
        window=DAY,
        outputs={"late": scores(frame)["late"].to_numpy()},
    )
    return simulated(random, 60, 1, 800), json.loads(json.dumps(reference))


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
    before: dict[str, float] = {}
    found = []
    for _ in range(12):
        judged = verdict(small, reference, before=before)
        before = {one.name: one.cumulated for one in judged.features if one.cumulated is not None}
        found.append(of(judged, "x0"))
    sums = [one.cumulated for one in found]
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
    assert judged == Undetermined("the window has 5 predictions, fewer than the 200 it needs")


def test_a_constant_feature_drifts_only_when_it_changes():
    frame = pl.DataFrame(
        {"at": [BEGIN + timedelta(hours=number) for number in range(600)], "k": [3.0] * 600}
    )
    reference = build_reference(frame, numeric=["k"], categorical=[], event_time="at", window=DAY)
    assert not verdict(frame, reference).drifted
    assert verdict(frame.with_columns(k=pl.lit(4.0)), reference).drifted


def test_references_of_earlier_versions_are_judged_against(plain):
    frame, _ = plain
    share = np.linspace(0, 1, 256)
    grid = np.quantile(frame["x0"].to_numpy(), share)
    ecdf = {
        "boundaries": grid.tolist(),
        "left": (share * 0.998).tolist(),
        "right": np.minimum(share + 0.002, 1).tolist(),
        "rows": 10_000,
    }
    counts = {"counts": {**dict.fromkeys("abcdefghijklmnop", 600), OTHER: 400}}
    noise = {"distance": 0.08, "null_rate": 0.0, "blocks": 12}
    third = {
        "version": 3,
        "rows": 10_000,
        "numeric": {
            "x0": {
                "detector": "kolmogorov_smirnov",
                "profile": ecdf,
                "null_rate": 0.0,
                "noise": noise,
            }
        },
        "categorical": {
            "c0": {
                "detector": "jensen_shannon",
                "profile": counts,
                "null_rate": 0.0,
                "noise": noise,
            }
        },
        "outputs": {"late": {"detector": "kolmogorov_smirnov", "profile": ecdf}},
    }
    second = {
        **third,
        "version": 2,
        "numeric": {"x0": {"ecdf": ecdf, "null_rate": 0.0, "noise": noise}},
        "categorical": {
            "c0": {**counts, "null_rate": 0.0, "noise": noise},
        },
        "outputs": {"late": {"ecdf": ecdf}},
    }
    outputs = frame.select(late="x0")
    moved = frame.with_columns(pl.col("x0") + 2, c0=pl.lit("never seen"))
    for older in (second, third):
        assert not verdict(frame, older, outputs).drifted
        assert {"x0", "c0"} <= set(verdict(moved, older, outputs).drifted_features)


END = datetime(2024, 7, 22, tzinfo=UTC)


def past(*windows: tuple[int, str]) -> list[DriftVerdict]:
    ends = [(END - timedelta(days=days), names) for days, names in windows]
    return [
        DriftVerdict(
            window_start=end - WEEK,
            window_end=end,
            model_version="1",
            drifted_features=tuple(names),
        )
        for end, names in ends
    ]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (past(), ()),
        (past((7, "a")), ("a",)),
        (past((7, "b")), ()),
        (past((7, ""), (14, "a")), ("a",)),
        (past((7, "a"), (14, "ab")), ("a",)),
        (past((7, ""), (14, "")), ()),
        (past((7, ""), (14, ""), (21, "a")), ()),
        (past((1, "a"), (2, "a")), ()),
        (past((0, "a")), ()),
    ],
    ids=[
        "alone",
        "last",
        "another-feature",
        "before-last",
        "both",
        "none",
        "too-old",
        "overlapping",
        "itself-again",
    ],
)
def test_the_same_feature_in_two_of_three_windows_that_do_not_overlap_is_sustained(
    earlier, expected
):
    assert sustained(("a",), END, earlier, window=days(7), votes=(2, 3)) == expected


def test_a_window_without_drift_is_never_sustained_drift():
    assert not sustained((), END, past((7, "a"), (14, "a")), window=days(7), votes=(2, 3))
