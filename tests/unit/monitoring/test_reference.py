"""The reference profile and its noise baseline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from ghosteam.errors import InvalidInput
from ghosteam.monitoring.reference import build_reference

BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
WINDOW = timedelta(days=7)


def frame_of(days: int, *, seed: int = 0, rows: int = 100) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    hours = np.sort(random.integers(0, days * 24, days * rows))
    return pl.DataFrame(
        {
            "at": [BEGIN + timedelta(hours=int(hour)) for hour in hours],
            "x": random.normal(size=hours.size) + hours / 500,
            "c": random.choice(["a", "b", "c"], hours.size),
        }
    )


def profile_of(frame: pl.DataFrame, **changes: object) -> dict:
    return build_reference(
        frame,
        **{"numeric": ["x"], "categorical": ["c"], "event_time": "at", "window": WINDOW, **changes},
    )


def test_the_noise_is_the_largest_distance_of_a_block_from_the_rest_by_scipy():
    frame = frame_of(28)
    profile = profile_of(frame)
    at, first = frame["at"], frame["at"].min()
    step = WINDOW / 4
    numeric, categorical, blocks = 0.0, 0.0, 0
    start = first
    while start + WINDOW <= at.max():
        inside = (at >= start) & (at < start + WINDOW)
        block, rest = frame.filter(inside), frame.filter(~inside)
        numeric = max(numeric, ks_2samp(block["x"], rest["x"]).statistic)
        shares = [[(part["c"] == name).sum() for name in "abc"] for part in (block, rest)]
        categorical = max(categorical, jensenshannon(*shares, base=2))
        start, blocks = start + step, blocks + 1
    assert profile["numeric"]["x"]["noise"]["blocks"] == blocks
    # The profile's grid misses at most its error bound, enlarged by n / (n - n_block).
    assert profile["numeric"]["x"]["noise"]["distance"] == pytest.approx(numeric, abs=0.006)
    assert profile["categorical"]["c"]["noise"]["distance"] == pytest.approx(categorical, abs=1e-9)


def test_the_order_of_the_rows_does_not_matter():
    frame = frame_of(21)
    assert profile_of(frame) == profile_of(frame.sample(fraction=1, shuffle=True, seed=4))


def test_a_frame_shorter_than_two_windows_has_no_noise_baseline():
    profile = profile_of(frame_of(10))
    assert profile["numeric"]["x"]["noise"] is None and profile["categorical"]["c"]["noise"] is None


def test_missing_and_infinite_values_count_as_nulls_and_json_has_no_nan():
    frame = frame_of(21).with_columns(
        pl.when(pl.int_range(pl.len()) % 4 == 0)
        .then(float("nan"))
        .when(pl.int_range(pl.len()) % 4 == 1)
        .then(float("inf"))
        .otherwise(pl.col("x"))
        .alias("x"),
        pl.lit(None, pl.Float64).alias("empty"),
    )
    profile = profile_of(frame, numeric=["x", "empty"], outputs={"late": np.array([0.1, 0.4])})
    assert profile["numeric"]["x"]["null_rate"] == pytest.approx(0.5, abs=0.01)
    assert profile["numeric"]["empty"] == {
        "detector": "kolmogorov_smirnov",
        "profile": None,
        "null_rate": 1.0,
        "noise": None,
    }
    assert json.loads(json.dumps(profile, allow_nan=False)) == profile


def test_an_empty_frame_is_refused():
    with pytest.raises(InvalidInput, match="needs rows"):
        profile_of(frame_of(7).clear())
