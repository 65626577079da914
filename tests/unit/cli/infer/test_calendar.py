"""Of an event's time become features what says something, and what is none already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from cli.infer.calendar import calendar_features

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEGIN = datetime(2021, 1, 1, tzinfo=UTC)


def found(step: timedelta, count: int, about: str, *, alone: bool = False, **more: object) -> list:
    times = pl.Series([BEGIN + step * number for number in range(count)])
    parts = {"hour": times.dt.hour(), "weekday": times.dt.weekday(), "month": times.dt.month()}
    noise = np.random.default_rng(5).normal(0, 1, count)
    y = parts[about].cast(pl.Float64) + noise if about else pl.Series(noise)
    asked = {"features": [], "taken": [], **more}
    features, told = calendar_features(times, y, step=step, numbers=True, alone=alone, **asked)
    assert [one.about for one in told] == [*features]
    return [*features]


def test_what_says_something_of_the_outcome_is_a_feature() -> None:
    assert found(HOUR, 3_000, "hour") == ["hour"]
    assert found(DAY, 1_000, "weekday") == ["weekday"]
    assert found(DAY, 1_500, "month") == ["month"]
    assert found(HOUR, 3_000, "") == []


def test_times_tell_no_more_than_they_hold() -> None:
    assert found(DAY, 1_500, "", alone=True) == ["weekday", "month"]
    assert found(timedelta(days=31), 60, "", alone=True) == ["month"]
    assert found(HOUR, 24 * 30, "", alone=True) == ["hour", "weekday"]


def test_a_part_that_is_a_feature_already_is_none_again_and_names_are_free() -> None:
    assert found(HOUR, 3_000, "hour", features=["hr"]) == []
    assert found(HOUR, 3_000, "hour", taken=["hour"]) == ["event_hour"]
