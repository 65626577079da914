"""What a finding tells of a column, in the column's own units."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from ghosteam.monitoring.blocks import Blocks
from ghosteam.monitoring.entries import numbers_entry
from ghosteam.monitoring.findings import determined, of_column
from ghosteam.problem.watch import Detectors

JUST_WHERE_IT_LIES = Detectors(numbers=("location",))


def found_of(reference, window):
    entry = numbers_entry(reference, None, Blocks(), JUST_WHERE_IT_LIES)
    (found,) = (
        one for one in determined(of_column(entry, pl.Series(window))) if one.unit == "shift"
    )
    return found


@given(
    away=st.floats(-1e6, 1e6),
    times=st.floats(0.1, 10),
    rows=st.integers(30, 400),
    seed=st.integers(0, 2**32 - 1),
)
def test_how_far_numbers_moved_is_told_however_far_that_is(away, times, rows, seed):
    random = np.random.default_rng(seed)
    reference = random.normal(40, 9, 100)
    window = random.normal(40, 9 * times, rows) + away
    found = found_of(reference, window)
    assert found.changed == pytest.approx(wasserstein_distance(reference, window), rel=0.25, abs=1)
    low, median, high = np.quantile(window, (0.1, 0.5, 0.9), method="inverted_cdf")
    assert found.told.startswith(f"median {median:.4g} ({low:.4g} to {high:.4g}), was ")


def test_of_a_long_reference_how_far_is_told_within_what_it_keeps():
    random = np.random.default_rng(0)
    reference = random.gamma(2, 10, 50_000)
    for window in (reference[:900] + 1, reference[:900] * 3, reference[:900] - 500):
        far = wasserstein_distance(reference, window)
        assert found_of(reference, window).changed == pytest.approx(far, rel=0.05, abs=0.1)
