"""Tails and scores equal SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from ghosteam.monitoring.tails import (
    chi_square_tail,
    normal_distance,
    normal_scores,
    normal_tail,
    student_tail,
)

degrees = st.floats(0.3, 500)


@given(st.floats(0, 2_000), degrees)
def test_the_chi_square_tail_equals_scipys(x, degrees):
    expected = stats.chi2.sf(x, degrees)
    assert chi_square_tail(x, degrees=degrees) == pytest.approx(expected, rel=1e-8, abs=1e-13)


@example(6.0, 1e7)
@given(st.floats(0, 200), st.one_of(degrees, st.just(1e7)))
def test_the_student_tail_equals_scipys(t, degrees):
    expected = 2 * stats.t.sf(t, degrees)
    assert student_tail(t, degrees=degrees) == pytest.approx(expected, rel=1e-5, abs=1e-12)


@given(st.floats(0, 30))
def test_a_distance_is_that_of_its_chance(z):
    assert normal_tail(z) == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)
    assert normal_distance(normal_tail(z)) == pytest.approx(z, abs=1e-6)


def test_what_is_certain_or_impossible_has_a_distance():
    assert normal_distance(1.0) == 0
    assert 36 < normal_distance(0.0) < 38


def test_scores_are_about_the_normal_quantiles():
    inner, outer = np.linspace(0.005, 0.995, 199), np.array([1e-5, 1e-3, 0.999])
    assert np.allclose(normal_scores(inner), stats.norm.ppf(inner), atol=0.02)
    assert np.allclose(normal_scores(outer), stats.norm.ppf(outer), atol=0.4)
