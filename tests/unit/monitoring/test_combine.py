"""Verdicts from many findings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from ghosteam.monitoring.combine import (
    LIMIT,
    cumulated,
    discoveries,
    important,
    weights_of,
)

chances = st.lists(st.floats(1e-9, 1), min_size=1, max_size=60).map(np.array)


@given(chances)
def test_discoveries_are_benjamini_and_hochbergs(p):
    found = discoveries(p, np.ones(p.size), rate=0.1)
    assert (found == (false_discovery_control(p) <= 0.1)).all()


def test_no_finding_is_no_discovery():
    assert discoveries(np.array([]), np.array([])).size == 0


def test_what_weighs_more_needs_less():
    p = np.array([0.02, 0.02, 0.9, 0.9])
    assert not discoveries(p, np.ones(4), rate=0.03).any()
    found = discoveries(p, np.array([3.0, 0.4, 0.3, 0.3]), rate=0.03)
    assert found.tolist() == [True, False, False, False]


@given(chances, st.floats(0.1, 10))
def test_only_the_proportion_of_weights_counts(p, factor):
    weights = np.linspace(1, 2, p.size)
    same = discoveries(p, weights, rate=0.1) == discoveries(p, factor * weights, rate=0.1)
    assert same.all()


def test_without_drift_something_is_found_as_rarely_as_said():
    random = np.random.default_rng(0)
    any_found = [discoveries(random.random(200), np.ones(200)).any() for _ in range(2_000)]
    assert sum(any_found) <= 36  # 20 expected


def test_importance_is_half_of_a_weight_and_outputs_weigh_as_the_most_important():
    found = weights_of(["a", "b", "prediction late"], {"a": 0.75, "b": 0.25})
    assert found[0] == found[2] and found[0] > found[1] >= 0.5
    assert found.mean() == pytest.approx(1)
    assert (weights_of(["a", "b"], {}) == 1).all()
    assert (weights_of(["z"], {"a": 1.0}) == 0.5).all()


def test_the_important_features_are_the_fewest_that_hold_most():
    shares = {"a": 0.6, "b": 0.3, "c": 0.06, "d": 0.04}
    assert important(shares) == {"a", "b", "c"}
    assert important({}) is None


def test_small_steps_add_up_and_chance_does_not():
    random = np.random.default_rng(1)
    total, largest = 0.0, 0.0
    for z in np.abs(random.normal(size=5_000)):
        total = cumulated(total, float(z))
        largest = max(largest, total)
    assert largest < LIMIT
    steps, total = 0, 0.0
    while total <= LIMIT:
        total, steps = cumulated(total, 3.0), steps + 1
    assert steps == 5
