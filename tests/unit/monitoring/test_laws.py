"""What chance does to statistics: against SciPy, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ghosteam.monitoring.laws import ChiSquare, Gamma, Kolmogorov, normal, pairs_of


def test_two_samples_count_as_their_pairs():
    assert float(pairs_of(np.float64(300), np.float64(600))) == pytest.approx(200)


@pytest.mark.parametrize("statistic", [0.01, 0.05, 0.1, 0.3])
def test_kolmogorovs_tail_equals_scipys(statistic):
    law = Kolmogorov(np.float64(400.0))
    expected = stats.kstwobign.sf(statistic * 20)
    assert law.tail(statistic) == pytest.approx(expected, abs=1e-9)
    # Its second moment: pi ** 2 / 12.
    assert float(law.expected) == pytest.approx(np.sqrt(np.pi**2 / 12 / 400))


def test_the_largest_of_many_is_expected_to_be_larger():
    one, many = normal(np.float64(0.01)), normal(np.float64(0.01), times=1_000)
    assert float(one.expected) == pytest.approx(0.1)
    assert many.expected > 3 * one.expected
    assert many.tail(0.4) == pytest.approx(1_000 * one.tail(0.4))
    assert many.tail(0.1) == 1


@pytest.mark.parametrize(
    "law",
    [
        normal(np.float64(0.01)),
        ChiSquare(np.float64(100.0), np.float64(12.0)),
        Kolmogorov(np.float64(100.0)),
        Gamma(np.float64(10.0), 0.8, 0.3),
    ],
)
def test_levels_between_windows_make_large_statistics_usual(law):
    statistic = 4 * float(law.expected)
    chances = [law.tail(statistic, between) for between in (0.0, 0.5, 3.0, 20.0)]
    assert chances == sorted(chances)
    assert chances[0] < 1e-4 and chances[-1] > 0.2


@pytest.mark.parametrize("between", [0.0, 1.0, 30.0])
def test_a_chi_square_with_levels_in_one_direction_is_as_rare_as_it_says(between):
    random = np.random.default_rng(3)
    drawn = random.normal(size=(40_000, 12))
    drawn[:, 0] *= np.sqrt(1 + 12 * between)
    statistics = np.sqrt((drawn**2).sum(axis=1))
    law = ChiSquare(np.float64(1.0), np.float64(12.0))
    limit = float(np.quantile(statistics, 0.99))
    assert 0.003 < law.tail(limit, between) < 0.03
