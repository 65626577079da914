"""The reference profile: what it keeps, of what size, and what it knows of its own restlessness."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.documents.drift_reference import DriftReference
from ghosteam.errors import InvalidInput
from ghosteam.monitoring.reference import build_reference, shares_of
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.problem.watch import Detectors

BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=7)


def frame_of(days: int, *, seed: int = 0, rows: int = 100) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    hours = np.sort(random.integers(0, days * 24, days * rows))
    return pl.DataFrame(
        {
            "at": [BEGIN + timedelta(hours=int(hour)) for hour in hours],
            "x": random.normal(size=hours.size),
            "y": random.normal(size=hours.size),
            "c": random.choice(["a", "b", "c"], hours.size),
        }
    )


def profile_of(frame: pl.DataFrame, **changes: object) -> DriftReference:
    usual = {"numeric": ["x", "y"], "categorical": ["c"], "event_time": "at", "window": WINDOW}
    return build_reference(frame, **{**usual, **changes})


def test_a_level_that_changes_from_week_to_week_is_known_and_others_are_not_touched():
    frame = frame_of(84)
    week = (frame["at"] - BEGIN).dt.total_days() // 7
    levels = np.random.default_rng(3).normal(0, 0.5, 12)
    wandering = frame.with_columns(x=frame["x"] + pl.Series(levels[week.to_numpy()]))
    noises = {
        name: entry["noise"]["location"]
        for name, entry in profile_of(wandering).columns.items()
        if name != "c"
    }
    assert noises["x"]["common"] == pytest.approx(levels.var(ddof=1), rel=0.4)
    assert noises["y"]["common"] < 0.01
    assert {noise["blocks"] for noise in noises.values()} == {11, 12} & {noises["x"]["blocks"]}


def test_levels_of_outputs_are_seen_where_the_model_learned():
    train, holdout = frame_of(84), frame_of(14, seed=5)
    week = (train["at"] - BEGIN).dt.total_days().to_numpy() // 7
    scores = train["x"].to_numpy() + np.random.default_rng(3).normal(0, 0.5, 12)[week]
    profile = profile_of(
        train,
        outputs={"late": holdout["x"].to_numpy()},
        scored=holdout,
        in_sample={"late": scores},
    )
    late = profile.outputs["late"]
    assert late["presence"]["rows"] == holdout.height
    assert late["noise"]["location"]["common"] > 0.1
    assert late["noise"]["location"]["seen"] == pytest.approx(2, abs=0.05)
    assert profile.joint["noise"]["correlation"]["seen"] == pytest.approx(2, abs=0.05)
    assert profile.columns["x"]["noise"]["location"]["seen"] is None
    assert profile.joint["sample"]["names"] == ["x", "y", "prediction late"]
    assert profile.joint["sample"]["rows"] == holdout.height // 2
    unknown = profile_of(train, outputs={"late": np.array([0.1, 0.4])}).outputs["late"]
    assert set(unknown["noise"].values()) == {None}


def test_the_order_of_the_rows_does_not_matter():
    frame = frame_of(21).unique("at", maintain_order=True)
    first, second = (
        profile_of(one) for one in (frame, frame.sample(fraction=1, shuffle=True, seed=4))
    )
    assert first == second


def test_a_frame_without_time_or_shorter_than_three_windows_knows_no_noise():
    for profile in (profile_of(frame_of(10)), profile_of(frame_of(30), event_time=None)):
        noises = [
            noise
            for entry in [*profile.columns.values(), profile.joint]
            for noise in entry["noise"].values()
        ]
        assert noises and set(noises) == {None}


def test_missing_and_infinite_values_count_as_missing_and_json_has_no_nan():
    frame = frame_of(28).with_columns(
        pl.when(pl.int_range(pl.len()) % 4 == 0)
        .then(float("nan"))
        .when(pl.int_range(pl.len()) % 4 == 1)
        .then(float("inf"))
        .otherwise(pl.col("x"))
        .alias("x"),
        pl.lit(None, pl.Float64).alias("empty"),
        pl.lit(None, pl.String).alias("no_text"),
    )
    profile = profile_of(frame, numeric=["x", "empty"], categorical=["c", "no_text"])
    presence = profile.columns["x"]["presence"]
    assert presence["missing"] / presence["rows"] == pytest.approx(0.5, abs=0.01)
    assert profile.columns["empty"]["sample"] is None
    assert profile.columns["no_text"]["sample"] is None
    text = json.dumps(profile.to_json(), allow_nan=False)
    assert DriftReference.from_json(json.loads(text)) == profile


def test_the_profile_of_forty_columns_has_at_most_200_kb():
    random = np.random.default_rng(0)
    rows = 50_000
    numbers = {f"n{n}": random.lognormal(size=rows) for n in range(30)}
    texts = {
        f"c{n}": pl.Series(random.integers(0, 30 * (n + 1), rows)).cast(pl.String)
        for n in range(10)
    }
    at = pl.datetime_range(BEGIN, BEGIN + timedelta(days=90), "1m", eager=True)[:rows]
    frame = pl.DataFrame({"at": at.sort(), **numbers, **texts})
    profile = profile_of(
        frame,
        numeric=list(numbers),
        categorical=list(texts),
        window=timedelta(days=1),
        outputs={"late": random.random(rows)},
    )
    size = len(json.dumps(profile.to_json(), separators=(",", ":"), sort_keys=True))
    assert size <= 200_000, size


def test_profiles_of_parts_make_that_of_the_whole():
    first, second = frame_of(30), frame_of(30, seed=1)
    parts = [Numbers.from_record(profile_of(one).columns["x"]["sample"]) for one in (first, second)]
    merged = parts[0].with_more(parts[1])
    values = np.sort(np.concatenate([first["x"], second["x"]]))
    shares = np.searchsorted(values, merged.grid, side="right") / values.size
    assert np.abs(merged.shares[1::2] - shares).max() < 0.01


def test_columns_that_tell_the_time_have_no_entry_and_are_named():
    frame = frame_of(90).with_columns(id=pl.int_range(pl.len()), month=pl.col("at").dt.month())
    profile = profile_of(frame, numeric=["x", "id", "month"])
    assert profile.columns.keys() == {"x", "c"}
    assert profile.passed_over.keys() == {"id", "month"}


def test_the_detectors_are_those_that_are_asked_for():
    chosen = Detectors(numbers=("wasserstein",), categories=("hellinger",), joint=())
    profile = profile_of(frame_of(30), detectors=chosen)
    assert profile.columns["x"]["noise"].keys() == {"wasserstein", "missing"}
    assert profile.columns["c"]["noise"].keys() == {"hellinger", "missing"}
    assert profile.joint is None


def test_importance_is_in_shares():
    assert shares_of({"a": 0.3, "b": 0.1, "c": -0.2, "d": None}) == {
        "a": pytest.approx(0.75),
        "b": pytest.approx(0.25),
        "c": 0.0,
    }
    assert shares_of({"a": 0.0, "b": -1.0}) == shares_of(None) == {}


def test_an_empty_frame_is_refused():
    with pytest.raises(InvalidInput, match="needs rows"):
        profile_of(frame_of(7).clear())
