"""Jensen–Shannon distance and PSI: golden numbers and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from ghosteam.monitoring.jensen_shannon import jensen_shannon_critical, jensen_shannon_distance
from ghosteam.monitoring.ks import ecdf
from ghosteam.monitoring.psi import psi, psi_numeric

counts = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000)), min_size=2, max_size=30
).filter(lambda pairs: any(q for _, q in pairs))


@given(counts)
def test_the_distance_equals_scipys(pairs):
    p, q = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assert jensen_shannon_distance(p, q) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)


@given(counts, st.randoms())
def test_permuting_the_categories_changes_neither_number(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    p, q = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    p2, q2 = (np.array(column, dtype=float) for column in zip(*shuffled, strict=True))
    assert jensen_shannon_distance(p, q) == pytest.approx(jensen_shannon_distance(p2, q2), abs=1e-7)
    assert psi(p, q) == pytest.approx(psi(p2, q2), abs=1e-9)


def test_distributions_without_a_common_category_are_at_distance_one():
    assert jensen_shannon_distance(np.array([5.0, 0.0]), np.array([0.0, 9.0])) == 1


def test_the_critical_distance_is_exceeded_as_rarely_as_it_says():
    random = np.random.default_rng(5)
    shares = random.dirichlet(np.ones(25))
    reference = random.multinomial(30_000, shares).astype(float)
    limit = jensen_shannon_critical(
        reference, random.multinomial(600, shares).astype(float), alpha=0.05
    )
    distances = [
        jensen_shannon_distance(reference, random.multinomial(600, shares).astype(float))
        for _ in range(1_000)
    ]
    assert sum(distance > limit for distance in distances) <= 75


def test_psi_equals_a_hand_calculation():
    # Without smoothing: (0.25 - 0.5) ln(0.25 / 0.5) + (0.75 - 0.5) ln(0.75 / 0.5) = 0.2747
    assert psi(np.array([50.0, 50.0]), np.array([25.0, 75.0]), smoothing=0) == pytest.approx(
        0.27465, abs=1e-5
    )


def test_psi_of_numbers_is_near_zero_for_the_same_values_and_large_for_shifted_ones():
    values = np.random.default_rng(1).normal(size=20_000)
    profile = ecdf(values)
    assert 0 <= psi_numeric(profile, values) < 1e-3
    assert psi_numeric(profile, values + 1) > 0.5


def test_psi_of_a_constant_column_is_zero_while_it_stays_constant():
    profile = ecdf(np.zeros(100))
    assert psi_numeric(profile, np.zeros(50)) == 0
