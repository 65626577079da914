"""The stored-profile KS distance against SciPy's exact two-sample statistic."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ks_2samp

from ghosteam.monitoring.ks import BOUNDARIES, Ecdf, ecdf, ks_critical, ks_distance

samples = arrays(np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6, width=32))


@given(samples, samples)
def test_the_exact_statistic_lies_between_the_distance_and_its_error_bound(reference, values):
    profile = ecdf(reference, boundaries=20)
    exact = ks_2samp(reference, values).statistic
    distance = ks_distance(profile, values)
    assert distance - 1e-12 <= exact <= distance + profile.error_bound + 1e-12


@given(samples, st.randoms())
def test_the_same_values_in_any_order_are_at_distance_zero(values, random):
    shuffled = values.tolist()
    random.shuffle(shuffled)
    assert ks_distance(ecdf(values), np.array(shuffled)) == 0


@given(samples)
def test_the_profile_survives_json(values):
    profile = ecdf(values)
    again = Ecdf.from_record(json.loads(json.dumps(profile.as_record(), allow_nan=False)))
    assert again.rows == profile.rows
    assert np.array_equal(again.boundaries, profile.boundaries)
    assert np.array_equal(again.left, profile.left) and np.array_equal(again.right, profile.right)


@pytest.mark.parametrize("shape", ["normal", "zero_inflated", "timestamps"])
def test_large_samples_agree_with_scipy_within_the_promised_bound(shape):
    random = np.random.default_rng(3)
    draw = {
        "normal": lambda n: random.normal(size=n),
        "zero_inflated": lambda n: np.where(
            random.random(n) < 0.68, 0.0, random.exponential(size=n)
        ),
        "timestamps": lambda n: 1.37e15 + random.integers(0, 10**10, n).astype(float),
    }[shape]
    reference, values = draw(50_000), draw(8_000) * 1.0000001
    profile = ecdf(reference)
    assert profile.error_bound < 1 / (BOUNDARIES - 1)
    assert (
        abs(ks_distance(profile, values) - ks_2samp(reference, values).statistic)
        <= profile.error_bound
    )


def test_the_critical_distance_is_exceeded_as_rarely_as_it_says():
    random = np.random.default_rng(11)
    reference = ecdf(random.normal(size=20_000), boundaries=2_000)
    limit = ks_critical(300, 20_000, alpha=0.05)
    alarms = sum(ks_distance(reference, random.normal(size=300)) > limit for _ in range(1_000))
    assert alarms <= 75
