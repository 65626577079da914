"""Jumps of outcomes, told from how much they move from window to window by themselves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency

from ghosteam.monitoring.blocks import Blocks
from ghosteam.monitoring.findings import Finding
from ghosteam.monitoring.jumps import BACK, jump_of, noise_of_jumps
from ghosteam.monitoring.noise import NoiseRecord
from ghosteam.undetermined import Undetermined
from tests.drifting import of
from tests.outcomes import DAYS, day, levels, problem_of, reference_of
from tests.unit.monitoring.test_outcomes import judged, watched

CALM = NoiseRecord(common=0.0, lasting=0.0, blocks=90, seen=None)
BEFORE = [{"late": 210, "not late": 790}, {"late": 190, "not late": 810}]


def daily(rates, rows: int, seed: int) -> tuple[pl.Series, Blocks]:
    """Outcomes of days with these rates, and the days."""
    random = np.random.default_rng(seed)
    late = (random.random((len(rates), rows)) < np.asarray(rates)[:, None]).ravel()
    spans = [(number * rows, (number + 1) * rows) for number in range(len(rates))]
    return pl.Series(["not late", "late"]).gather(late.astype(np.int64)), Blocks(spans)


def test_a_jump_is_told_with_both_shares_and_without_restlessness_judged_by_chance():
    found = jump_of(CALM, BEFORE, {"late": 250, "not late": 750})
    assert isinstance(found, Finding)
    assert found.told == "'late' in 25.0%, was 20.0% shortly before"
    expected = chi2_contingency([[400, 1600], [250, 750]], correction=False)
    assert found.p == pytest.approx(expected.pvalue, rel=0.3)
    assert not found.independent, "windows share what they are compared with"


def test_days_whose_rates_jump_by_themselves_explain_a_jump_that_chance_does_not():
    random = np.random.default_rng(1)
    rates = 0.2 + 0.05 * random.standard_normal(60)
    restless, calm = (noise_of_jumps(*daily(one, 500, 2)) for one in (rates, np.full(60, 0.2)))
    now = {"late": 280, "not late": 720}
    chances = [found.p for one in (calm, restless) if (found := jump_of(one, BEFORE, now))]
    assert chances[0] < 1e-4 < 0.05 < chances[1]


def test_where_levels_last_a_jump_is_less_than_a_level_of_its_size():
    random = np.random.default_rng(3)
    level = levels(0.3, DAYS, random)
    known = reference_of("binary", level, 400, random).outcomes["outcome late"]["noise"]
    assert 0 < known["label_jump"]["common"] < known["chi_square"]["common"]


def test_what_is_not_known_is_no_jump():
    now = {"late": 500, "not late": 500}
    assert isinstance(jump_of(CALM, BEFORE[:1], now), Undetermined)
    assert isinstance(jump_of(None, BEFORE, now), Undetermined)
    assert noise_of_jumps(*daily([0.2] * 5, 100, 0)) is None
    assert noise_of_jumps(*daily([0.2] * 6, 100, 0)) is not None
    assert noise_of_jumps(pl.Series(["late"] * 900), Blocks([(0, 300), (300, 900)])) is None


def test_a_window_without_those_before_it_says_so_and_is_judged_otherwise_as_ever():
    random = np.random.default_rng(5)
    known = reference_of("binary", np.zeros(DAYS), 400, random)
    found = judged("binary", known, day("binary", DAYS, 600, random))
    jump = of(found, "jump of late")
    assert not jump.drifted and "shortly before" in (jump.undetermined or "")
    assert len(BACK) == 2
    numbers = reference_of("regression", np.zeros(DAYS), 400, random)
    assert "label_jump" not in numbers.outcomes["outcome delay_now"]["noise"]
    assert problem_of("regression").kind.class_count(()) == 0


def test_a_jump_that_stays_pages_where_levels_wander():
    """Where levels last, ten points are within what 90 days have shown of levels, not of jumps."""
    found, pages = [], 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        level = levels(0.3, DAYS + 20, random)
        known = reference_of("binary", level[:DAYS], 300, random)
        quiet = watched(known, level[DAYS:].tolist(), random)
        pages += sum(bool(one) for one in quiet)
        changed = level[DAYS : DAYS + 8] + 0.62 * (np.arange(8) >= 4)
        found.append(any("jump of late" in one for one in watched(known, changed.tolist(), random)))
    assert sum(found) >= 2 and pages <= 2, (found, pages)
