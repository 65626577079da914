"""Restless references: how many rows count as one, and how many levels were seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ghosteam.monitoring.laws import normal
from ghosteam.monitoring.noise import Noise, chance_of, lasting

ROWS = 1_000


def levels_of(count: int, *, alike: float, deviation: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    level = np.empty(count)
    level[0] = random.normal(0, deviation)
    for at in range(1, count):
        level[at] = alike * level[at - 1] + random.normal(0, deviation * np.sqrt(1 - alike**2))
    return level


def means(count: int, *, alike: float, deviation: float, seed: int) -> np.ndarray:
    """Of blocks of ``ROWS`` rows of variance 1."""
    random = np.random.default_rng(seed + 10_000)
    level = levels_of(count, alike=alike, deviation=deviation, seed=seed)
    return level + random.normal(0, 1 / np.sqrt(ROWS), count)


def noise_of(blocks: np.ndarray) -> Noise:
    away = blocks - blocks.mean()
    found = Noise.of(
        away**2 * ROWS,
        np.full(blocks.size, ROWS),
        lasting=lasting(blocks[:, None], 1 / ROWS),
    )
    assert found is not None
    return found


def test_independent_rows_have_nothing_in_common():
    found = [noise_of(means(90, alike=0, deviation=0, seed=seed)) for seed in range(30)]
    assert np.median([one.common for one in found]) < 0.1 / ROWS
    assert np.median([one.levels for one in found]) > 50


def test_what_a_days_rows_have_in_common_is_found():
    found = [noise_of(means(300, alike=0, deviation=0.3, seed=seed)) for seed in range(20)]
    assert np.mean([one.common for one in found]) == pytest.approx(0.09, rel=0.15)


@pytest.mark.parametrize("alike", [0.0, 0.6, 0.9])
def test_how_long_a_level_lasts_is_found(alike):
    found = [
        lasting(means(90, alike=alike, deviation=0.2, seed=seed)[:, None], 1 / ROWS)
        for seed in range(40)
    ]
    assert np.mean(found) == pytest.approx(alike, abs=0.1)


def test_a_week_that_comes_again_is_no_lasting_level():
    week = np.tile([0, 0, 0, 0, 0, 0.5, 0.5], 13)
    blocks = week + np.random.default_rng(0).normal(0, 1 / np.sqrt(ROWS), week.size)
    assert lasting(blocks[:, None], 1 / ROWS, season=7) < 0.2
    trend = np.linspace(0, 1, 91)
    assert lasting((week + trend)[:, None], 1 / ROWS, season=7) > 0.95


def test_windows_like_the_references_own_are_found_unlikely_as_rarely_as_said():
    """Of 90 days that wander, some five levels were seen: what a month brings is no wonder."""
    alarms, independent = 0, 0
    for seed in range(300):
        every = means(120, alike=0.9, deviation=0.3, seed=seed)
        reference, later = every[:90], every[-1]
        distance = abs(later - reference.mean())
        law = normal(np.float64(1 / ROWS))
        alarms += chance_of(noise_of(reference), law, distance, ROWS) < 0.01
        independent += chance_of(None, law, distance, ROWS) < 0.01
    assert independent > 200 and alarms <= 9
    print(f"{alarms} of 300 at 0.01, without noise {independent}")


def test_a_sample_of_few_levels_is_itself_away_from_the_mean():
    """A hold-out of one block: a new window is twice as far from it as from the long run's mean."""
    noise = Noise(common=0.09, lasting=0.0, blocks=400)
    short = Noise(common=0.09, lasting=0.0, blocks=400, seen=1.0)
    assert short.unseen == pytest.approx(2 * noise.unseen, rel=0.01)
    law = normal(np.float64(1 / ROWS))
    random = np.random.default_rng(0)
    apart = np.abs(random.normal(0, 0.3, 4_000) - random.normal(0, 0.3, 4_000))
    limit = float(np.quantile(apart, 0.99))
    assert short.tail(law, limit, ROWS) == pytest.approx(0.01, rel=0.3)
    assert noise.tail(law, limit, ROWS) < 0.001


def test_few_blocks_tell_nothing():
    assert Noise.of(np.array([5.0, 1.0]), np.array([100, 100])) is None
    assert lasting(np.zeros((2, 3)), 0.1) == 0 and lasting(np.zeros((9, 0)), 0.0) == 0


def test_a_noise_survives_json():
    found = noise_of(means(90, alike=0.9, deviation=0.3, seed=1))
    again = Noise.from_record(json.loads(json.dumps(found.as_record())))
    assert again.common == pytest.approx(found.common, rel=1e-3)
    assert again.levels == pytest.approx(found.levels, rel=0.02)
