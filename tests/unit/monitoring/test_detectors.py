"""Every drift detector keeps the contract, and gives the numbers that its source gives."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from ghosteam.errors import Defect
from ghosteam.monitoring.detectors import (
    _shares,
    chi_square,
    correlation,
    hellinger,
    jensen_shannon,
    kolmogorov_smirnov,
    location,
    missing,
    out_of_range,
    population_stability,
    spread,
    stuck,
    vanished_categories,
    wasserstein,
)
from ghosteam.monitoring.detectors.detector import (
    DETECTORS,
    Measured,
    as_categories,
    as_numbers,
)
from ghosteam.monitoring.samples.categories import Categories
from ghosteam.monitoring.samples.joint import Joint
from ghosteam.monitoring.samples.numbers import Numbers
from ghosteam.monitoring.samples.presence import Presence
from ghosteam.problem.detectors import PRESENCE, detectors_of
from ghosteam.problem.watch import Detectors
from ghosteam.testing.detectors import check_detector, check_false_alarms
from ghosteam.undetermined import Undetermined

RANDOM = np.random.default_rng(0)
NORMAL, LATER = RANDOM.normal(size=5_000), RANDOM.normal(0.3, 1.2, 700)
counts = st.lists(
    st.tuples(st.integers(20, 1000), st.integers(20, 1000)), min_size=2, max_size=30
).map(lambda pairs: tuple(np.array(column, dtype=float) for column in zip(*pairs, strict=True)))


def of_numbers(detector, reference, window):
    known = Numbers.of(np.asarray(reference, dtype=float))
    return detector.measure(known, Numbers.of(np.asarray(window, dtype=float), known.grid))


def test_each_name_is_a_detector_and_what_a_problem_has_by_default_is_of_its_kind() -> None:
    assert all(DETECTORS.find(name).name == name for name in DETECTORS.names)
    for use, names in Detectors():
        assert set(names) <= set(detectors_of(use))
    assert PRESENCE in DETECTORS.names
    with pytest.raises(Defect, match="no drift detector 'energy'"):
        DETECTORS.find("energy")


@pytest.mark.parametrize("name", DETECTORS.names)
def test_a_detector_keeps_the_contract(name: str) -> None:
    check_detector(DETECTORS.find(name))


@pytest.mark.parametrize("name", DETECTORS.names)
def test_equal_samples_are_told_apart_as_rarely_as_the_detector_says(name: str) -> None:
    check_false_alarms(DETECTORS.find(name))


@pytest.mark.parametrize("name", ["location", "chi_square", "missing"])
def test_the_contract_refuses_what_breaks_it(name: str) -> None:
    sound = DETECTORS.find(name)

    def with_law(change):
        def measure(reference, window):
            found = sound.measure(reference, window)
            return found if isinstance(found, Undetermined) else change(found)

        return replace(sound, measure=measure)

    for change, says in (
        (lambda found: replace(found, statistic=found.statistic + 0.1), "away from itself"),
        (lambda found: replace(found, statistic=0 * found.statistic), "look alike"),
        (lambda found: replace(found, effect=0 * found.effect), "look alike"),
    ):
        with pytest.raises(AssertionError, match=says):
            check_detector(with_law(change))
    eager = with_law(lambda found: replace(found, statistic=1.6 * found.statistic))
    with pytest.raises(AssertionError, match="told apart"):
        check_false_alarms(eager)


def test_naming_detectors_imports_no_heavy_library() -> None:
    asked = (
        "import sys; from ghosteam.monitoring.detectors.detector import DETECTORS; "
        "[DETECTORS.find(name) for name in DETECTORS.names]; "
        "print({'numpy', 'polars', 'scipy'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", asked]
    found = subprocess.run(run, env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True)
    assert found.stdout.decode().strip() == "set()", found.stderr.decode()


def test_numbers_are_nan_and_categories_null_where_there_is_none() -> None:
    numbers = as_numbers(pl.Series("x", [1, None, 3]))
    assert numbers.dtype == np.float64 and np.array_equal(numbers, [1, np.nan, 3], equal_nan=True)
    odd = as_numbers(pl.Series([float("nan"), float("-inf"), 0.5, None]))
    assert np.array_equal(odd, [np.nan, np.nan, 0.5, np.nan], equal_nan=True)
    assert as_categories(pl.Series([7, None])).to_list() == ["7", None]


def test_kolmogorov_and_smirnovs_distance_is_scipys() -> None:
    found = of_numbers(kolmogorov_smirnov, NORMAL, LATER)
    exact = stats.ks_2samp(NORMAL, LATER, method="asymp")
    assert found.statistic == pytest.approx(exact.statistic, abs=0.005)
    assert found.law.tail(exact.statistic) == pytest.approx(exact.pvalue, rel=0.2)
    ties = [0.0] * 60 + [1.0] * 40, [0.0] * 30 + [1.0] * 70
    assert of_numbers(kolmogorov_smirnov, *ties).statistic == pytest.approx(0.3)


def test_the_area_between_distributions_is_scipys() -> None:
    found = of_numbers(wasserstein, NORMAL, LATER)
    exact = stats.wasserstein_distance(NORMAL, LATER) / NORMAL.std()
    assert found.statistic == pytest.approx(exact, abs=0.01)


def test_a_brownian_bridges_area_is_as_simulation_says() -> None:
    share = np.linspace(0.02, 0.98, 49)
    widths = np.diff(stats.norm.ppf(np.linspace(0.01, 0.99, 50)))
    uniform = np.sort(RANDOM.random((3_000, 500)), axis=1)
    bridges = np.array([np.searchsorted(row, share) / 500 - share for row in uniform]) * np.sqrt(
        500
    )
    areas = np.abs(bridges) @ widths
    mean, away = wasserstein._bridge(share, widths)
    assert mean == pytest.approx(areas.mean(), rel=0.05)
    assert away == pytest.approx(areas.std(), rel=0.08)


def test_a_shift_and_a_spread_are_in_standard_deviations() -> None:
    window = RANDOM.normal(0.25, 1, 50_000)
    assert of_numbers(location, NORMAL, window).effect == pytest.approx(0.25, abs=0.04)
    wider = RANDOM.normal(0, 1.5**0.5, 50_000)
    assert of_numbers(spread, NORMAL, wider).effect == pytest.approx(math.log(1.5) / 2, abs=0.04)
    # As sharp as the t test where that is right.
    found = of_numbers(location, NORMAL, LATER)
    assert found.law.tail(float(found.statistic)) == pytest.approx(
        stats.ttest_ind(NORMAL, LATER).pvalue, rel=0.99
    )


def test_units_do_not_matter_to_ranks() -> None:
    for detector in (location, spread, kolmogorov_smirnov):
        plain = of_numbers(detector, NORMAL, LATER)
        scaled = of_numbers(detector, np.exp(NORMAL) * 1e6, np.exp(LATER) * 1e6)
        assert scaled.statistic == pytest.approx(float(plain.statistic), abs=1e-9)


def test_rows_of_another_unit_are_out_of_range() -> None:
    window = np.where(np.arange(700) % 20 == 0, LATER * 1_000, RANDOM.normal(size=700))
    known = Numbers.of(NORMAL)
    found = Numbers.of(window, known.grid)
    measured = out_of_range.measure(known, found)
    assert measured.law.tail(float(measured.statistic)) < 1e-9
    assert "5" in out_of_range.told(known, found)
    assert float(out_of_range.measure(known, known).statistic) == 0


def test_a_stuck_value_is_seen_and_a_frequent_one_is_not() -> None:
    zeros = np.where(RANDOM.random(5_000) < 0.6, 0.0, NORMAL)
    assert of_numbers(stuck, zeros, zeros[:700]).effect < 0.1
    frozen = np.where(np.arange(700) < 140, 0.777, LATER)
    found = of_numbers(stuck, NORMAL, frozen)
    assert found.effect > 0.8 and found.law.tail(float(found.statistic)) < 1e-9


@given(counts)
def test_the_divergences_of_shares_equal_scipys(both):
    p, q = both
    js = DETECTORS.find("jensen_shannon").measure(p, q)
    assert float(js.statistic) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-6)
    exact = stats.chi2_contingency(np.array([p, q]), correction=False)
    found = DETECTORS.find("chi_square").measure(p, q)
    # Pearson's statistic is of both samples' mean by rows, ours of their plain mean: they meet
    # where both are as large, or close.
    if p.sum() == q.sum():
        assert found.law.tail(float(found.statistic)) == pytest.approx(exact.pvalue, abs=1e-6)
    index = ((q / q.sum() - p / p.sum()) * np.log((q / q.sum()) / (p / p.sum()))).sum()
    psi = DETECTORS.find("population_stability").measure(p, q)
    assert float(psi.statistic) ** 2 == pytest.approx(index, rel=1e-6, abs=1e-9)


def test_the_index_and_hellingers_distance_equal_hand_calculations() -> None:
    p, q = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    # 0.25 ln(0.75 / 0.5) - 0.25 ln(0.25 / 0.5) = 0.274653
    assert population_stability.divergence(p, q) == pytest.approx(0.274653, abs=1e-6)
    # 1 - (sqrt(1/8) + sqrt(3/8)) = 0.034074
    assert hellinger.divergence(p, q) == pytest.approx(0.034074, abs=1e-6)
    # 2 ((1/4)^2 / (3/4) + (1/4)^2 / (5/4)) = 0.266667
    assert chi_square.divergence(p, q) == pytest.approx(0.266667, abs=1e-6)
    assert jensen_shannon.divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == 1


def test_rare_cells_are_counted_as_one() -> None:
    p, q = _shares.pooled(np.array([900.0, 3, 2, 95]), np.array([92.0, 0, 1, 7]))
    assert p.tolist() == [900, 0, 0, 95, 5] and q.tolist() == [92, 0, 0, 7, 1]


def test_more_and_fewer_missing_values_are_as_rare_as_the_binomial_says() -> None:
    known = Presence(np.float64(1e7), np.float64(4e4))
    for met in (0, 1, 12):
        found = missing.measure(known, Presence(np.float64(1_000), np.float64(met)))
        exact = stats.binomtest(met, 1_000, 0.004).pvalue
        assert 0.1 * exact < found.law.tail(float(found.statistic)) < 30 * exact


def test_a_category_that_comes_no_more_is_as_rare_as_poisson_says() -> None:
    known = Categories.of(pl.Series(["a"] * 9_900_0 + ["b"] * 1_000))
    found = vanished_categories.measure(known, Categories.of(pl.Series(["a"] * 500), known))
    assert isinstance(found, Measured)
    # Two names, and 5 expected: 2 exp(-5).
    assert found.law.tail(float(found.statistic)) == pytest.approx(2 * math.exp(-5), rel=0.1)
    assert "'b' comes no more" in vanished_categories.told(
        known, Categories.of(pl.Series(["a"] * 500), known)
    )


def test_a_changed_correlation_is_named_and_as_rare_as_fisher_says() -> None:
    rows = RANDOM.normal(size=(8_000, 3))
    known = Joint.of("abc", rows)
    mixed = RANDOM.normal(size=(1_000, 3))
    mixed[:, 2] = 0.15 * mixed[:, 0] + math.sqrt(1 - 0.15**2) * mixed[:, 2]
    window = Joint.of("abc", mixed, known.layout)
    found = correlation.measure(known, window)
    first, second = known.correlations[1], window.correlations[1]
    z = abs(math.atanh(first) - math.atanh(second)) / math.sqrt(1 / 3_997 + 1 / 997)
    assert found.law.tail(float(found.statistic)) == pytest.approx(3 * 2 * stats.norm.sf(z))
    assert correlation.told(known, window).startswith("a and c correlate by 0.1")
