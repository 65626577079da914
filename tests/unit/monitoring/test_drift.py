"""Drift verdicts: on real data, on simulated noise, and at the edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.documents.verdicts import DriftVerdict
from ghosteam.monitoring.detectors._shares import OTHER
from ghosteam.monitoring.drift import WindowDrift, judge_window, sustained, with_margin
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.lengths import days
from ghosteam.problem.policies import Detectors
from ghosteam.undetermined import Undetermined

WEEK = timedelta(days=7)
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


def verdict(frame: pl.DataFrame, reference, **changes) -> WindowDrift:
    judged = judge_window(frame, reference, **{"min_rows": 200, "min_effect": 0.1, **changes})
    assert isinstance(judged, WindowDrift)
    return judged


@pytest.mark.parametrize("day", [1, 8, 15, 22])
def test_in_july_the_temperature_has_drifted_and_the_distance_flown_has_not(
    flights_with_weather, winter, day
):
    judged = verdict(week(flights_with_weather, 7, day), winter)
    assert judged.drifted_features[0] == "temp"
    assert not {"distance", "hour", "carrier", "origin"} & set(judged.drifted_features)


def test_no_single_week_of_the_reference_quarter_drifts(flights_with_weather, winter):
    begins = [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=3 * i) for i in range(28)]
    for begin in begins:
        judged = verdict(week(flights_with_weather, begin.month, begin.day), winter)
        assert not judged.drifted, (begin, judged.drifted_features)


def test_a_july_sample_of_a_few_hundred_predictions_is_enough(flights_with_weather, winter):
    sample = week(flights_with_weather, 7, 8).sample(300, seed=2)
    assert "temp" in verdict(sample, winter).drifted_features


def simulated(random: np.random.Generator, begin: datetime, days: int, rows: int) -> pl.DataFrame:
    count = days * rows
    return pl.DataFrame(
        {
            "at": [
                begin + timedelta(days=int(i // rows), seconds=int(i % rows)) for i in range(count)
            ],
            **{f"x{i}": random.normal(size=count) for i in range(5)},
            "zeros": np.where(random.random(count) < 0.7, 0, random.exponential(size=count)),
            **{f"c{i}": random.choice(list("abcdefghijklmnop"), count) for i in range(2)},
        }
    )


def test_windows_of_unchanged_noise_are_false_alarms_in_at_most_two_percent():
    random = np.random.default_rng(7)
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    names = [f"x{i}" for i in range(5)] + ["zeros"], [f"c{i}" for i in range(2)]
    reference = build_reference(
        simulated(random, begin, 60, 150),
        numeric=names[0],
        categorical=names[1],
        event_time="at",
        window=WEEK,
    )
    # min_effect 0: only noise and chance hold the alarms down.
    drifted = [
        verdict(simulated(random, begin, 1, int(rows)), reference, min_effect=1e-9).drifted
        for rows in random.choice([200, 400, 1_000], 100)
    ]
    assert sum(drifted) <= 2


@pytest.fixture
def plain():
    random = np.random.default_rng(1)
    frame = simulated(random, datetime(2024, 1, 1, tzinfo=UTC), 30, 100)
    return frame, build_reference(
        frame, numeric=["x0"], categorical=["c0"], event_time="at", window=WEEK
    )


def test_a_window_is_judged_by_the_detector_that_its_reference_was_made_with(plain):
    frame, usual = plain
    other = build_reference(
        frame,
        numeric=["x0"],
        categorical=["c0"],
        event_time="at",
        window=WEEK,
        detectors=Detectors(categories="hellinger"),
    )
    assert other["numeric"] == usual["numeric"]
    window = frame.head(500).with_columns(
        c0=pl.when(pl.int_range(pl.len()) < 200).then(pl.lit("a")).otherwise("c0")
    )
    found = {
        reference["categorical"]["c0"]["detector"]: next(
            feature for feature in verdict(window, reference).features if feature.name == "c0"
        )
        for reference in (usual, other)
    }
    assert {feature.method for feature in found.values()} == set(found)
    assert set(found) == {"hellinger", "jensen_shannon"}
    shannon, hellinger = found["jensen_shannon"], found["hellinger"]
    assert shannon.drifted and hellinger.drifted
    assert hellinger.distance != pytest.approx(shannon.distance, abs=0.01)
    assert hellinger.psi == shannon.psi


def test_a_reference_of_version_2_gives_the_same_verdict(plain):
    frame, _ = plain
    score = frame["x0"].to_numpy()
    reference = build_reference(
        frame.with_columns(empty=pl.lit(None, pl.String)),
        numeric=["x0"],
        categorical=["c0", "empty"],
        event_time="at",
        window=WEEK,
        outputs={"late": score},
    )
    x0, c0, empty, late = (
        {key: value for key, value in entry.items() if key not in ("detector", "profile")}
        for entry in (
            reference["numeric"]["x0"],
            *reference["categorical"].values(),
            reference["outputs"]["late"],
        )
    )
    of_x0 = reference["numeric"]["x0"]["profile"]
    of_c0 = reference["categorical"]["c0"]["profile"]["counts"]
    of_late = reference["outputs"]["late"]["profile"]
    old = {
        **reference,
        "version": 2,
        "numeric": {"x0": {"ecdf": of_x0, **x0}},
        "categorical": {
            "c0": {"counts": of_c0, **c0},
            "empty": {"counts": {OTHER: 0}, **empty},
        },
        "outputs": {"late": {"ecdf": of_late, **late}},
    }
    window = frame.tail(500).with_columns(pl.col("x0") + 1, empty=pl.lit("now"))
    outputs = pl.DataFrame({"late": score[:300] + 0.5})
    found = verdict(window, old, outputs=outputs)
    assert found == verdict(window, reference, outputs=outputs)
    assert found.drifted_features and found.output_distances["late"] > 0.1


def test_values_that_go_missing_are_drift(plain):
    frame, reference = plain
    judged = verdict(frame.head(500).with_columns(pl.lit(None, pl.Float64).alias("x0")), reference)
    assert judged.drifted_features == ("x0",)
    feature = next(f for f in judged.features if f.name == "x0")
    assert feature.distance is None and "0 values" in feature.undetermined
    assert judged.share == 0.5


def test_a_category_never_seen_before_is_drift(plain):
    frame, reference = plain
    assert (
        "c0"
        in verdict(
            frame.head(500).with_columns(pl.lit("new").alias("c0")), reference
        ).drifted_features
    )


def test_too_few_rows_are_undetermined_and_say_how_many_are_needed(plain):
    frame, reference = plain
    judged = judge_window(frame.head(5), reference, min_rows=200, min_effect=0.1)
    assert judged == Undetermined("the window has 5 predictions, fewer than the 200 it needs")


def test_a_constant_feature_drifts_only_when_it_changes():
    frame = pl.DataFrame(
        {
            "at": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(600)],
            "k": [3.0] * 600,
        }
    )
    reference = build_reference(frame, numeric=["k"], categorical=[], event_time="at", window=WEEK)
    assert not verdict(frame, reference).drifted
    assert verdict(frame.with_columns(k=pl.lit(4.0)), reference).drifted


def test_the_margin_never_puts_a_threshold_out_of_reach():
    assert all(noise <= with_margin(noise) < 1 for noise in (0.0, 0.1, 0.5, 0.8, 0.99))
    assert with_margin(0.2) == pytest.approx(0.25)


END = datetime(2024, 7, 22, tzinfo=UTC)


def past(*windows: tuple[int, bool]) -> list[DriftVerdict]:
    ends = [(END - timedelta(days=days), drifted) for days, drifted in windows]
    return [
        DriftVerdict(window_start=end - WEEK, window_end=end, model_version="1", drifted=drifted)
        for end, drifted in ends
    ]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        (past(), False),
        (past((7, True)), True),
        (past((7, False), (14, True)), True),
        (past((7, False), (14, False)), False),
        (past((7, False), (14, False), (21, True)), False),
        (past((1, True), (2, True)), False),
        (past((0, True)), False),
    ],
    ids=["alone", "last", "before-last", "none", "too-old", "overlapping", "itself-again"],
)
def test_two_of_three_windows_that_do_not_overlap_make_drift_sustained(earlier, expected):
    assert sustained(True, END, earlier, window=days(7), votes=(2, 3)) is expected


def test_a_window_without_drift_is_never_sustained_drift():
    assert not sustained(False, END, past((7, True), (14, True)), window=days(7), votes=(2, 3))
