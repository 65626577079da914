from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ghosteam.learning.compare import (
    MIN_VARIED,
    Comparison,
    ResamplingBlocks,
    _deviations,
    blocks_of,
    compare,
)
from ghosteam.undetermined import Undetermined


def sample(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Target, good probabilities, poor ones."""
    draw = np.random.default_rng(seed)
    chance = draw.random(rows)
    target = (draw.random(rows) < chance).astype(float)
    poor = np.clip(chance + draw.normal(0, 0.4, rows), 0.001, 0.999)
    return target, chance[:, None], poor[:, None]


def each(rows: int) -> ResamplingBlocks:
    """Every row by itself."""
    return ResamplingBlocks("entities", np.arange(rows))


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier", "f1"])
def test_a_clearly_better_challenger_has_a_lower_bound_above_zero_for_every_metric(
    metric: str,
) -> None:
    target, good, poor = sample(2000)
    better = compare(target, poor, good, each(2000), metric=metric, resamples=200)
    worse = compare(target, good, poor, each(2000), metric=metric, resamples=200)
    assert isinstance(better, Comparison) and isinstance(worse, Comparison)
    assert 0 < better.lower < better.difference < better.upper
    assert worse.difference == pytest.approx(-better.difference)
    assert worse.upper < 0


def test_a_model_is_not_better_than_itself() -> None:
    target, good, _ = sample(500)
    found = compare(target, good, good, each(500), metric="roc_auc", resamples=50)
    assert isinstance(found, Comparison)
    assert (found.difference, found.lower, found.upper) == (0, 0, 0)


def test_the_same_seed_gives_the_same_bound() -> None:
    target, good, poor = sample(300)
    one, other = (
        compare(target, poor, good, each(300), metric="brier", resamples=50) for _ in range(2)
    )
    assert one == other


def test_equally_good_models_are_rarely_called_better_though_a_days_rows_move_together() -> None:
    """Seeded simulation: at 95 % confidence about 1 in 20 comparisons of equals passes. Drawing
    rows calls many more of them better, since which model suits differs by day.
    """
    passed = {"days": 0, "rows": 0}
    days, a_day = 20, 30
    day = np.repeat(np.arange(days), a_day)
    for seed in range(100):
        draw = np.random.default_rng(seed)
        chance = draw.random(days * a_day)
        lean, shift = draw.normal(0, 0.2, days)[day], draw.normal(0, 0.15, days)[day]
        target = (draw.random(days * a_day) < np.clip(chance + shift, 0, 1)).astype(float)
        one, other = (np.clip(chance + sign * lean, 0.001, 0.999)[:, None] for sign in (0.5, -0.5))
        for name, drawn in {
            "days": ResamplingBlocks("days", day),
            "rows": each(days * a_day),
        }.items():
            found = compare(target, one, other, drawn, metric="brier", resamples=200, seed=seed)
            assert isinstance(found, Comparison)
            passed[name] += found.lower > 0
    assert 1 <= passed["days"] <= 14
    assert passed["rows"] > 14


def test_a_bound_is_right_for_one_of_many_slices_though_days_are_few() -> None:
    """Seeded simulation of equals, whose differences vary by day: of 12 days a bound at 95 % is
    wrong in about 5 of 100, and one at the confidence for 50 slices in about 1 of 1000.
    """
    days, times, wrong = 12, 4000, {0.95: 0, 0.999: 0}
    draw = np.random.default_rng(0)
    resampled = draw.multinomial(days, np.full(days, 1 / days), size=1000) / days
    for _ in range(times):
        by_day = draw.normal(size=days)
        deviation = float(np.std(resampled @ by_day))
        for confidence in wrong:
            wrong[confidence] += by_day.mean() + _deviations(days, confidence) * deviation < 0
    assert 0.04 <= wrong[0.95] / times <= 0.06
    assert wrong[0.999] / times <= 0.003


def test_a_bound_lies_as_many_deviations_away_as_its_confidence_says() -> None:
    target, good, poor = sample(2000)
    usual, sure = (
        compare(target, poor, good, each(2000), metric="brier", confidence=confidence)
        for confidence in (0.95, 1 - 0.05 / 1000)
    )
    assert isinstance(usual, Comparison) and isinstance(sure, Comparison)
    ratio = (sure.upper - sure.difference) / (usual.upper - usual.difference)
    assert ratio == pytest.approx(3.89 / 1.645, rel=0.01)
    assert sure.difference - sure.lower == pytest.approx(sure.upper - sure.difference)


def test_what_cannot_be_compared_is_undetermined_and_says_what_it_needs() -> None:
    target, good, poor = sample(200)
    for rows, blocks, says in (
        (99, each(99), "99 rows are too few to compare two models; 100 are needed"),
        (
            200,
            ResamplingBlocks("days", np.arange(200) % 9),
            "9 days are too few to compare two models; 10 are needed",
        ),
    ):
        found = compare(target[:rows], good[:rows], poor[:rows], blocks, metric="brier")
        assert isinstance(found, Undetermined) and says in found.reason
    ones = np.ones(200)
    half, third = np.full((200, 1), 0.5), np.full((200, 1), 1 / 3)
    assert isinstance(compare(ones, half, third, each(200), metric="roc_auc"), Undetermined)
    rare = np.zeros(200)
    rare[:3] = 1
    for target, held, blocks in (
        (rare, "3 of 200 entities have it; 6 are needed", each(200)),
        (1 - rare, "3 of 200 entities have it; 6 are needed", each(200)),
        (np.repeat([0.0, 1.0], [80, 120]), "4 of 10 days have it", days(10)),
    ):
        found = compare(target, good, poor, blocks, metric="roc_auc", resamples=200)
        assert isinstance(found, Undetermined) and "so rare" in found.reason
        assert held in found.reason


def days(count: int) -> ResamplingBlocks:
    """200 rows, of which each day has its share, one day after the other."""
    return ResamplingBlocks("days", np.arange(200) * count // 200)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "recall", "balanced_accuracy"])
@pytest.mark.parametrize("count", [10, 40, 200])
def test_as_many_blocks_as_are_needed_are_enough(metric: str, count: int) -> None:
    _, good, poor = sample(200)
    blocks = days(count)
    for target in (blocks.block < MIN_VARIED, blocks.block >= MIN_VARIED):
        found = compare(target.astype(float), good, poor, blocks, metric=metric)
        assert isinstance(found, Comparison)


@pytest.mark.parametrize("varied", [1, 3, 5])
def test_a_number_that_is_nearly_always_the_same_says_how_many_others_it_needs(varied: int) -> None:
    target = np.zeros(200)
    target[:varied] = np.arange(varied) + 1
    said = compare(target, np.zeros((200, 1)), np.ones((200, 1)), each(200), metric="r2")
    if isinstance(said, Undetermined):
        assert f"{varied} of 200 entities have it; 6 are needed" in said.reason
    assert varied == 5 or isinstance(said, Undetermined)


def test_blocks_are_days_or_entities_where_days_are_few() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame(
        {"event_time": [start + timedelta(hours=6 * i) for i in range(60)], "id": ["a", "b"] * 30}
    )
    by_day = blocks_of(frame, ("id",))
    assert (by_day.name, by_day.count) == ("days", 15)
    assert by_day.block[:5].tolist() == [0, 0, 0, 0, 1]
    by_entity = blocks_of(frame.head(30), ("id",))
    assert (by_entity.name, by_entity.count) == ("entities", 2)
    assert by_day.where(np.arange(60) >= 56).block.tolist() == [0, 0, 0, 0]
