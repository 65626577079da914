"""How long stretches are follows from what the events span and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cli.infer.lengths import Lengths, lengths_of, lengths_without_time

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEGIN = datetime(2014, 1, 1, tzinfo=UTC)
YEARS = [datetime(year, 1, 1, tzinfo=UTC) for year in range(1990, 2020)]
MONTHS = [
    datetime(year, month, 1, tzinfo=UTC) for year in range(2010, 2020) for month in range(1, 13)
]


def of(times: Sequence[datetime], step: timedelta, *, each: int = 1) -> Lengths:
    """Of so many events at ``each`` time."""
    every = [time for time in times for _ in range(each)]
    return lengths_of(pl.Series(every, dtype=pl.Datetime("us", "UTC")), step)


def steps(count: int, step: timedelta) -> list[datetime]:
    return [BEGIN + step * number for number in range(count)]


@pytest.mark.parametrize(
    ("found", "holdout", "min_train", "train_window", "window", "labels"),
    [
        # About a fifth of a year is held out; a watch has some hundred predictions to judge by.
        (of(steps(365, DAY), DAY, each=30), "60d", "180d", "540d", "10d", 150),
        (of(steps(365 * 24, HOUR), HOUR), "60d", "180d", "540d", "14d", 168),
        # Two weeks of many events are enough for a hold-out of days.
        (of(steps(14, DAY), DAY, each=100), "3d", "5d", "21d", "3d", 161),
        # Events of whole months and years have lengths of whole months and years.
        (of(MONTHS, timedelta(days=28), each=20), "2y", "3y", "20y", "18 months", 181),
        (of(YEARS, timedelta(days=365), each=50), "5y", "10y", "50y", "7y", 181),
    ],
)
def test_lengths_suit_the_span(
    found: Lengths, holdout: str, min_train: str, train_window: str, window: str, labels: int
) -> None:
    lengths = (found.holdout, found.min_train, found.train_window, found.window, found.labels)
    assert lengths == (holdout, min_train, train_window, window, labels)
    assert [one.about for one in found.findings] == ["holdout"] and found.min_rows is None


def test_a_dozen_events_get_lengths_and_are_said_to_be_too_few() -> None:
    found = of(steps(12, DAY), DAY)
    assert (found.holdout, found.min_train, found.train_window) == ("3d", "3d", "14d")
    assert "12 with an outcome are too few" in found.findings[-1].text


@pytest.mark.parametrize(
    ("rows", "labels", "min_rows", "enough"),
    [(5000, 250, None, True), (300, 30, 300, False)],
)
def test_without_a_time_a_share_of_the_rows_is_held_out(
    rows: int, labels: int, min_rows: int | None, enough: bool
) -> None:
    found = lengths_without_time(pl.DataFrame({"id": range(rows)}), ["id"])
    assert (found.holdout, found.window) == ("20%", "7d")
    assert (found.labels, found.min_rows) == (labels, min_rows)
    assert ("rows" not in [one.about for one in found.findings]) == enough


def test_centuries_leave_something_to_learn_from() -> None:
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in range(1790, 2021)]
    found = of(years, timedelta(days=366))
    assert int(found.holdout.removesuffix("y")) < int(found.train_window.removesuffix("y"))
