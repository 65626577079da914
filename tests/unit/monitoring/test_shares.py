"""Distances of categories: golden numbers, properties, and what chance explains."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2

from ghosteam.monitoring.detectors import hellinger, jensen_shannon
from ghosteam.monitoring.detectors._shares import (
    OTHER,
    TOP_CATEGORIES,
    count_categories,
    critical,
    distance,
    permuted,
)

DIVERGENCES = [hellinger.divergence, jensen_shannon.divergence]
counts = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000)), min_size=2, max_size=30
).filter(lambda pairs: any(q for _, q in pairs))


def columns(pairs):
    return (np.array(column, dtype=float) for column in zip(*pairs, strict=True))


@given(counts)
def test_the_jensen_shannon_distance_equals_scipys(pairs):
    p, q = columns(pairs)
    found = distance(jensen_shannon.divergence, p, q)
    assert found == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)


@given(counts)
def test_the_hellinger_distance_is_by_the_bhattacharyya_coefficient(pairs):
    p, q = columns(pairs)
    coefficient = sum(math.sqrt(a * b) for a, b in zip(p / p.sum(), q / q.sum(), strict=True))
    found = distance(hellinger.divergence, p, q)
    assert found == pytest.approx(math.sqrt(max(0.0, 1 - coefficient)), abs=1e-7)


def test_the_hellinger_distance_equals_a_hand_calculation():
    # Shares 1/2, 1/2 and 1/4, 3/4: sqrt(1 - (sqrt(1/8) + sqrt(3/8))) = 0.184592
    found = distance(hellinger.divergence, np.array([50.0, 50.0]), np.array([25.0, 75.0]))
    assert found == pytest.approx(0.184592, abs=1e-6)


@pytest.mark.parametrize("divergence", DIVERGENCES)
@given(counts, st.randoms())
def test_permuting_the_categories_does_not_change_the_distance(divergence, pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    found = distance(divergence, *columns(pairs))
    assert found == pytest.approx(distance(divergence, *columns(shuffled)), abs=1e-7)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_distributions_without_a_common_category_are_at_distance_one(divergence):
    assert distance(divergence, np.array([5.0, 0.0]), np.array([0.0, 9.0])) == 1


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_critical_distance_is_exceeded_as_rarely_as_it_says(divergence):
    random = np.random.default_rng(5)
    shares = random.dirichlet(np.ones(25))
    reference = random.multinomial(30_000, shares).astype(float)
    limit = critical(
        divergence, reference, random.multinomial(600, shares).astype(float), alpha=0.05
    )
    distances = [
        distance(divergence, reference, random.multinomial(600, shares).astype(float))
        for _ in range(1_000)
    ]
    assert sum(distance > limit for distance in distances) <= 75


@pytest.mark.parametrize(
    ("divergence", "curvature"),
    [(hellinger.divergence, 8), (jensen_shannon.divergence, 8 * math.log(2))],
)
def test_of_common_categories_the_critical_distance_is_the_chi_square_one(divergence, curvature):
    # Pardo 2006: curvature * n m / (n + m) * divergence is chi-square with k - 1 degrees.
    n, m, shares = 20_000, 5_000, np.array([0.1, 0.2, 0.3, 0.4])
    limit = critical(divergence, n * shares, m * shares, alpha=0.05, draws=20_000)
    asymptotic = math.sqrt(chi2.ppf(0.95, 3) * (n + m) / (curvature * n * m))
    assert limit == pytest.approx(asymptotic, rel=0.02)


def rare(random: np.random.Generator, rows: int) -> np.ndarray:
    frequencies = 1 / np.arange(1, 81)
    return random.multinomial(rows, frequencies / frequencies.sum()).astype(float)


@pytest.mark.parametrize(
    ("divergence", "curvature"),
    [(hellinger.divergence, 8), (jensen_shannon.divergence, 8 * math.log(2))],
)
def test_of_rare_categories_the_promise_is_kept_where_chi_square_breaks_it(divergence, curvature):
    random = np.random.default_rng(2)
    asymptotic = math.sqrt(chi2.ppf(0.95, 79) * 1_300 / (curvature * 1_000 * 300))
    ours = theirs = 0
    for _ in range(400):
        expected, actual = rare(random, 1_000), rare(random, 300)
        found = distance(divergence, expected, actual)
        limit = critical(divergence, expected, actual, alpha=0.05, draws=400)
        ours, theirs = ours + (found > limit), theirs + (found > asymptotic)
    # 20 expected; 33 are three standard errors more.
    assert ours <= 33 and theirs > 33
    print(f"{ours} of 400, by chi-square {theirs}")


def test_a_permutation_deals_out_the_rows_that_there_are():
    expected, actual = np.array([5.0, 0.0, 3.0]), np.array([1.0, 0.0, 6.0])
    p, q = permuted(expected, actual, 50, 0)
    assert p.shape == q.shape == (50, 2)
    assert ((p + q) == [6, 9]).all() and (q.sum(axis=1) == 7).all()


def test_rare_and_unseen_categories_are_counted_together():
    values = pl.Series(["a", "z", "y", "a"])
    assert count_categories(values, ["a", "b", OTHER]).tolist() == [2, 0, 2]
    many = pl.Series([f"c{i:03}" for i in range(TOP_CATEGORIES + 40)] + ["c239"])
    counted = hellinger.MEMBER.profile(many)["counts"]
    assert len(counted) == TOP_CATEGORIES + 1 and counted["c239"] == 2 and counted[OTHER] == 40
