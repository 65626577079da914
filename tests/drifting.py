"""Rows whose features keep their distribution, and verdicts on windows of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.monitoring.drift import judge_window
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.problem.watch import Watch

DAY, WEEK = timedelta(days=1), timedelta(days=7)
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def verdict(frame: pl.DataFrame, reference, outputs=None, before=None, **watch) -> WindowDrift:
    judged = judge_window(frame, reference, watch=Watch(**watch), outputs=outputs, before=before)
    assert isinstance(judged, WindowDrift)
    return judged


def of(judged: WindowDrift, name: str):
    return next(one for one in judged.features if one.name == name)


def simulated(random: np.random.Generator, day: int, days: int, rows: int) -> pl.DataFrame:
    count = days * rows
    return pl.DataFrame(
        {
            "at": [BEGIN + DAY * (day + number / rows) for number in range(count)],
            **{f"x{i}": random.normal(size=count) for i in range(5)},
            "zeros": np.where(random.random(count) < 0.7, 0, random.exponential(size=count)),
            **{f"c{i}": random.choice(list("abcdefghijklmnop"), count) for i in range(2)},
        }
    )


NUMBERS, TEXTS = [f"x{i}" for i in range(5)] + ["zeros"], ["c0", "c1"]


def scores(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(late=1 / (1 + (-pl.col("x0") - pl.col("x1") / 2).exp()))
