"""References of what was served before: of the windows just before, or of the same season."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from ghosteam.monitoring.history import ROLLING, reference_of_history, spans_of
from ghosteam.problem.lengths import Length, days
from ghosteam.problem.watch import Watch
from ghosteam.undetermined import Undetermined
from tests.drifting import of, scores, simulated, verdict

MONDAY = datetime(2024, 6, 17, tzinfo=UTC)


def test_rolling_windows_are_the_ones_just_before_and_touch():
    spans = spans_of("rolling", MONDAY, days(1))
    assert len(spans) == ROLLING and spans[-1][1] == MONDAY
    assert all(one[1] == next_[0] for one, next_ in pairwise(spans))


@pytest.mark.parametrize("window", [days(1), Length(0, timedelta(hours=6))])
def test_short_windows_are_compared_with_the_same_weekday_and_hour(window):
    begin = MONDAY + timedelta(hours=6)
    spans = spans_of("seasonal", begin, window)
    assert {(one.weekday(), one.hour) for one, _ in spans} == {(0, 6)}
    assert spans == sorted(spans) and spans[-1][0] == begin - timedelta(days=7)
    assert spans[0][0] == begin - timedelta(days=7 * 53)


def test_long_windows_are_compared_with_the_same_time_of_last_year():
    month = Length(1, timedelta())
    june = datetime(2024, 6, 1, tzinfo=UTC)
    spans = spans_of("seasonal", june, month)
    assert [(one.year, one.month) for one, _ in spans] == [(2023, at) for at in range(4, 9)]
    week = spans_of("seasonal", june, days(7))
    assert all(abs(one - datetime(2023, 6, 1, tzinfo=UTC)) <= 2 * days(7).rest for one, _ in week)


def served(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({"at": "event_time"}).with_columns(
        scores(frame).to_series().alias("prediction late")
    )


def history(change, count: int = 20) -> list[pl.DataFrame]:
    random = np.random.default_rng(3)
    return [
        served(simulated(random, 60 + day, 1, 300).with_columns(change(day)))
        for day in range(count)
    ]


def test_what_moves_slowly_drifts_from_the_training_data_and_not_from_the_last_windows(plain):
    _, training = plain
    windows = history(lambda day: pl.col("x0") + 0.6 + day * 0.01)
    found = reference_of_history("rolling", windows, training, watch=Watch(), outputs=("late",))
    frame = simulated(np.random.default_rng(4), 80, 1, 800).with_columns(pl.col("x0") + 0.8)
    assert of(verdict(frame, training, scores(frame)), "x0").drifted
    assert not of(verdict(frame, found, scores(frame)), "x0").drifted
    jump = frame.with_columns(pl.col("x2") + 0.6)
    assert of(verdict(jump, found, scores(jump)), "x2").drifted
    assert found.importance == training.importance
    assert set(found.columns) == set(training.columns)


def test_outputs_of_other_models_leave_those_of_the_training_data(plain):
    _, training = plain
    windows = history(lambda day: pl.col("x0"))
    others = [
        one.with_columns(pl.lit(None, pl.Float64).alias("prediction late")) for one in windows[:10]
    ]
    found = reference_of_history(
        "rolling", [*others, *windows[10:]], training, watch=Watch(), outputs=("late",)
    )
    assert found.outputs == training.outputs and found.joint == training.joint
    assert found.columns != training.columns


def test_too_few_windows_say_that_the_training_data_take_their_place(plain):
    _, training = plain
    windows = history(lambda day: pl.col("x0"), count=3)
    few = [*windows, windows[0].head(50)]
    found = reference_of_history("seasonal", few, training, watch=Watch(), outputs=("late",))
    assert isinstance(found, Undetermined)
    assert "3 seasonal windows of at least 200 rows" in found.reason
    assert "compared with the training data" in found.reason
