"""Drift verdicts on real data: flights of 2013, by weeks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.drift import sustained
from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.lengths import days
from tests.drifting import WEEK, verdict

NUMERIC = ["distance", "hour", "temp", "humid", "wind_speed", "precip", "pressure", "visib"]
CATEGORICAL = ["carrier", "origin", "dest"]


@pytest.fixture(scope="module")
def winter(flights_with_weather):
    frame = flights_with_weather.filter(pl.col("month") <= 3)
    return build_reference(
        frame, numeric=NUMERIC, categorical=CATEGORICAL, event_time="time_hour", window=WEEK
    )


def week(frame: pl.DataFrame, month: int, day: int) -> pl.DataFrame:
    begin = datetime(2013, month, day, tzinfo=UTC)
    return frame.filter(pl.col("time_hour").is_between(begin, begin + WEEK, closed="left"))


@pytest.mark.parametrize("day", [1, 8, 15, 22])
def test_in_july_the_temperature_has_drifted_and_the_distance_flown_has_not(
    flights_with_weather, winter, day
):
    judged = verdict(week(flights_with_weather, 7, day), winter)
    assert judged.drifted_features[0] == "temp"
    assert not {"distance", "hour", "carrier", "origin"} & set(judged.drifted_features)


def test_no_single_week_of_the_reference_quarter_drifts(flights_with_weather, winter):
    begins = [datetime(2013, 1, 1, tzinfo=UTC) + timedelta(days=9 * i) for i in range(9)]
    for begin in begins:
        judged = verdict(week(flights_with_weather, begin.month, begin.day), winter)
        assert not judged.drifted, (begin, judged.drifted_features)


def test_a_july_sample_of_a_few_hundred_predictions_is_enough(flights_with_weather, winter):
    sample = week(flights_with_weather, 7, 8).sample(300, seed=2)
    assert "temp" in verdict(sample, winter).drifted_features


def test_after_half_a_year_no_week_of_the_next_asks_for_anybody(flights_with_weather):
    frame = flights_with_weather.filter(pl.col("month") <= 6)
    known = build_reference(
        frame, numeric=NUMERIC, categorical=CATEGORICAL, event_time="time_hour", window=WEEK
    )
    earlier: list[DriftVerdict] = []
    for number in range(25):
        begin = datetime(2013, 7, 1, tzinfo=UTC) + number * WEEK
        judged = verdict(week(flights_with_weather, begin.month, begin.day), known)
        again = sustained(judged.matters, begin + WEEK, earlier, window=days(7), votes=(2, 3))
        assert not again, (begin, again)
        earlier.append(
            DriftVerdict(
                window_start=begin,
                window_end=begin + WEEK,
                model_version="1",
                drifted_features=judged.drifted_features,
            )
        )
