"""The population stability index: golden numbers and properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.monitoring.ks import ecdf
from ghosteam.monitoring.psi import psi, quantile_bins

counts = st.lists(
    st.tuples(st.integers(1, 1000), st.integers(0, 1000)), min_size=2, max_size=30
).filter(lambda pairs: any(q for _, q in pairs))


@given(counts, st.randoms())
def test_permuting_the_bins_does_not_change_it(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    p, q = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    p2, q2 = (np.array(column, dtype=float) for column in zip(*shuffled, strict=True))
    assert psi(p, q) == pytest.approx(psi(p2, q2), abs=1e-9)


def test_it_equals_a_hand_calculation():
    # Without smoothing: (0.25 - 0.5) ln(0.25 / 0.5) + (0.75 - 0.5) ln(0.75 / 0.5) = 0.2747
    assert psi(np.array([50.0, 50.0]), np.array([25.0, 75.0]), smoothing=0) == pytest.approx(
        0.27465, abs=1e-5
    )


def test_of_numbers_it_is_near_zero_for_the_same_values_and_large_for_shifted_ones():
    values = np.random.default_rng(1).normal(size=20_000)
    profile = ecdf(values)
    assert 0 <= psi(*quantile_bins(profile, values)) < 1e-3
    assert psi(*quantile_bins(profile, values + 1)) > 0.5


def test_of_a_constant_column_it_is_zero_while_it_stays_constant():
    assert psi(*quantile_bins(ecdf(np.zeros(100)), np.zeros(50))) == 0
