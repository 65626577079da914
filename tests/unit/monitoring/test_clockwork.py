"""Columns that only tell the time are found, and others are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.monitoring.clockwork import tells_the_time

DAY = timedelta(days=1)


def frame(days: int = 90, rows: int = 50) -> pl.DataFrame:
    random = np.random.default_rng(0)
    count = days * rows
    at = pl.Series(
        [datetime(2024, 1, 20, tzinfo=UTC) + DAY * (number / rows) for number in range(count)]
    )
    ids = np.arange(count)
    return pl.DataFrame(
        {
            "at": at,
            "id": ids,
            "falls": -ids.astype(float),
            "noisy_id": ids + random.normal(0, rows, count),
            "epoch": at.dt.epoch("s"),
            "text_id": [f"order {number:09}" for number in range(count)],
            "month": at.dt.month(),
            "month_text": at.dt.month().cast(pl.String),
            "month_there": (at + timedelta(hours=-4)).dt.month(),
            "year": at.dt.year(),
            "weekday": at.dt.weekday().cast(pl.Float64),
            "hour": at.dt.hour(),
            "trend": random.normal(size=count) + ids / count,
            "level": np.sin(ids / count) + random.normal(0, 0.3, count),
            "constant": 1.0,
            "empty": pl.Series([None] * count, dtype=pl.Float64),
            "text": random.choice(["a", "b"], count),
        }
    )


NAMES = [name for name in frame(5).columns if name != "at"]


def test_ids_timestamps_and_the_calendar_are_told_with_why():
    found = tells_the_time(frame(), NAMES, event_time="at", window=DAY)
    grows = {"id", "falls", "noisy_id", "epoch", "text_id"}
    assert found.keys() == grows | {"month", "month_text", "month_there", "weekday"}
    assert {found[name] for name in grows} == {"it grows or falls with time"}
    assert found["month"] == "it is the month of the event's time"
    assert found["weekday"] == "it is the weekday of the event's time"


def test_what_comes_round_within_a_window_may_drift():
    found = tells_the_time(frame(), NAMES, event_time="at", window=7 * DAY)
    assert "weekday" not in found and "month" in found


def test_of_a_single_moment_nothing_is_known():
    once = frame(10).with_columns(at=datetime(2024, 1, 1, tzinfo=UTC))
    assert tells_the_time(once, NAMES, event_time="at", window=DAY) == {}
