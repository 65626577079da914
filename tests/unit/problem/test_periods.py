"""Periods align to the calendar, or to an origin that is stated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.features.view_rows import _begin
from ghosteam.problem.moments import EPOCH
from ghosteam.problem.periods import Period, after_months, parse_period

MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))
PERIODS = st.sampled_from(
    ["1s", "10m", "1h", "7h", "1d", "10d", "1w", "2w", "1 month", "3 months", "1y"]
)
ORIGINS = st.sampled_from(
    [None, datetime(2023, 7, 1, tzinfo=UTC), datetime(1969, 12, 1, tzinfo=UTC)]
)


def begin(period: Period, moment: datetime) -> datetime:
    return EPOCH + timedelta(seconds=period.begin(moment))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1h", datetime(2024, 3, 14, 15)),
        ("1d", datetime(2024, 3, 14)),
        ("1w", datetime(2024, 3, 11)),  # a Monday
        ("1 month", datetime(2024, 3, 1)),
        ("3 months", datetime(2024, 1, 1)),
        ("6 months", datetime(2024, 1, 1)),
        ("1y", datetime(2024, 1, 1)),
    ],
)
def test_a_period_begins_where_people_expect_it(text: str, expected: datetime) -> None:
    thursday = datetime(2024, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)
    assert begin(parse_period(text), thursday) == expected.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "origin", "expected"),
    [
        ("1d", datetime(1970, 1, 1, 18, tzinfo=UTC), datetime(2024, 3, 13, 18)),
        ("1w", datetime(2030, 1, 6, tzinfo=UTC), datetime(2024, 3, 10)),  # Sundays
        ("1y", datetime(2000, 7, 1, tzinfo=UTC), datetime(2023, 7, 1)),
        ("10d", datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 11)),
    ],
)
def test_an_origin_moves_the_grid(text: str, origin: datetime, expected: datetime) -> None:
    period = replace(parse_period(text), origin=origin)
    assert begin(period, datetime(2024, 3, 14, 15, tzinfo=UTC)) == expected.replace(tzinfo=UTC)


@given(text=PERIODS, origin=ORIGINS, moment=MOMENTS)
def test_both_ways_to_compute_a_period_agree_and_periods_touch(
    text: str, origin: datetime | None, moment: datetime
) -> None:
    period = replace(parse_period(text), origin=origin)
    frame = pl.DataFrame({"t": [moment]}, schema={"t": pl.Datetime("us", "UTC")})
    this, following = frame.select(
        _begin(pl.col("t"), period).alias("a"), _begin(pl.col("t"), period, later=1).alias("b")
    ).row(0)
    assert period.begin(moment) == this
    first, last = (EPOCH + timedelta(seconds=seconds) for seconds in (this, following))
    assert first <= moment < last <= first + period.longest
    assert period.begin(last) == following
    assert period.begin(last - timedelta(microseconds=1)) == this


@pytest.mark.parametrize(
    ("moment", "months", "expected"),
    [
        (datetime(2024, 1, 31, 5), 1, datetime(2024, 2, 29, 5)),
        (datetime(2024, 2, 29), 12, datetime(2025, 2, 28)),
        (datetime(2023, 12, 15), 1, datetime(2024, 1, 15)),
    ],
)
def test_months_end_where_the_calendar_says(
    moment: datetime, months: int, expected: datetime
) -> None:
    assert after_months(moment, months) == expected
