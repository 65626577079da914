"""The request path computes the same event time as the training set."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import time_column
from ghosteam.errors import InvalidInput
from ghosteam.features.view_rows import feature_column
from ghosteam.problem.load import parse_problem
from ghosteam.problem.timeexpr import parse_time_expression
from ghosteam.serving.event_time import event_times, time_of
from ghosteam.steps.asked_rows import feature_value

MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
NUMBERS = st.one_of(st.none(), st.integers(-10_000, 10_000), st.floats(-10_000, 10_000))
UNITS = st.sampled_from(["seconds", "minutes", "hours", "days"])


@given(
    MOMENTS,
    st.lists(st.tuples(NUMBERS, UNITS), max_size=3),
    st.sampled_from(["", " + 1h", " + 90s + 2d", " + 1 month", " + 1y + 1 month + 1s"]),
)
def test_it_equals_the_polars_expression_to_the_microsecond(
    moment: datetime, offsets: list[Any], constant: str
) -> None:
    text = "base" + "".join(f" + c{i} {unit}" for i, (_, unit) in enumerate(offsets)) + constant
    expression = parse_time_expression(text)
    row = {"base": moment, **{f"c{i}": value for i, (value, _) in enumerate(offsets)}}
    schema: dict[str, Any] = {
        "base": pl.Datetime("us", "UTC"),
        **{f"c{i}": pl.Float64 for i in range(len(offsets))},
    }
    expected = (
        pl.DataFrame([row], schema=schema, strict=False).select(time_column(expression)).item()
    )
    assert time_of(expression, row) == expected


@given(MOMENTS)
def test_a_time_that_is_a_feature_is_the_training_sets_number(moment: datetime) -> None:
    frame = pl.DataFrame({"at": [moment]}, schema={"at": pl.Datetime("us", "UTC")})
    assert feature_value(moment) == frame.select(feature_column(frame, "at")).item()


def test_a_time_without_a_zone_is_one_in_utc_and_others_are_converted() -> None:
    expression = parse_time_expression("base + minute minutes")
    expected = datetime(2013, 4, 1, 9, 15, tzinfo=UTC)
    eastern = datetime(2013, 4, 1, 5, tzinfo=timezone(timedelta(hours=-4)))
    assert time_of(expression, {"base": datetime(2013, 4, 1, 9), "minute": 15}) == expected
    assert time_of(expression, {"base": eastern, "minute": 15}) == expected


def test_a_time_out_of_range_names_its_fields() -> None:
    expression = parse_time_expression("base + c days")
    with pytest.raises(InvalidInput) as caught:
        time_of(expression, {"base": datetime(2013, 1, 1), "c": 10**9})
    assert caught.value.where == {"field": "base, c"}


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.integers(1, 3), st.integers(-99, 99))
def test_a_day_made_of_parts_is_the_same_in_both(day: date, parts: int, hour: int) -> None:
    row = {"y": day.year, "m": day.month, "d": day.day, "h": hour}
    expression = parse_time_expression(f"date({', '.join('ymd'[:parts])}) + h hours")
    year, month, first = (*(day.year, day.month, day.day)[:parts], 1, 1)[:3]
    expected = datetime(year, month, first, tzinfo=UTC) + timedelta(hours=hour)
    frame = pl.DataFrame([row], schema=dict.fromkeys("ymdh", pl.Int64))
    assert time_of(expression, row) == frame.select(time_column(expression)).item() == expected


@pytest.mark.parametrize("parts", [(2013, 2, 30), (2013, 13, 1), (2013, 1, 0), (10**6, 1, 1)])
def test_parts_that_are_no_day_are_refused_in_a_request_and_null_in_a_file(
    parts: tuple[int, int, int],
) -> None:
    expression = parse_time_expression("date(y, m, d)")
    row = dict(zip("ymd", parts, strict=True))
    with pytest.raises(InvalidInput, match="There is no day") as caught:
        time_of(expression, row)
    assert caught.value.where == {"field": "y, m, d"}
    frame = pl.DataFrame([row], schema=dict.fromkeys("ymd", pl.Int64))
    assert frame.select(time_column(expression)).item() is None


def test_a_part_that_is_null_makes_no_day() -> None:
    expression = parse_time_expression("date(y, m)")
    row = {"y": 2013, "m": None}
    frame = pl.DataFrame([row], schema={"y": pl.Int64, "m": pl.Int64})
    assert time_of(expression, row) is None
    assert frame.select(time_column(expression)).item() is None


NOW = datetime(2024, 5, 20, 8, tzinfo=UTC)
RIDES = """
version: 1
problem: rides
task: binary
entities: {ride: [ride]}
event_time: EVENT_TIME
target: {name: late, expr: delay > 5, known_at: event_time + 1h}
datasets:
  rides:
    role: events
    id: [ride]
    columns:
      ride: integer
      at: {type: timestamp, horizon: 30d}
      year: integer
      delay: {type: number, nullable: true}
features: {request: [ride]}
"""


@pytest.mark.parametrize(
    ("expression", "row", "field"),
    [
        ("at", {"at": NOW + timedelta(days=32)}, "at"),
        ("at", {"at": datetime(1899, 12, 31, tzinfo=UTC)}, "at"),
        ("date(year)", {"year": 3018}, "year"),
        ("date(year)", {"year": 2026}, "year"),
        ("date(year)", {"year": 1899}, "year"),
    ],
)
def test_a_request_has_the_bounds_of_a_row_that_lands_now(
    expression: str, row: dict[str, Any], field: str
) -> None:
    problem = parse_problem(RIDES.replace("EVENT_TIME", expression))
    good = {"ride": 1, "at": NOW + timedelta(days=31), "year": 2025}
    assert len(event_times(problem, [good], now=NOW)) == 1
    with pytest.raises(InvalidInput) as caught:
        event_times(problem, [good, {**good, **row}], now=NOW)
    assert caught.value.where == {"field": field, "row": 1}


def test_the_least_year_of_a_column_is_one_to_ask_about() -> None:
    text = RIDES.replace("EVENT_TIME", "date(year)")
    problem = parse_problem(text.replace("year: integer", "year: {type: integer, min: 1750}"))
    [time] = event_times(problem, [{"ride": 1, "year": 1750}], now=NOW)
    assert time == datetime(1750, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidInput) as caught:
        event_times(problem, [{"ride": 1, "year": 1749}], now=NOW)
    assert caught.value.remedy is not None and "'min' of year" in caught.value.remedy


def test_events_without_a_time_are_asked_about_now() -> None:
    text = RIDES.replace("EVENT_TIME", "none").replace(", known_at: event_time + 1h", "")
    assert event_times(parse_problem(text), [{"ride": 1}, {"ride": 2}], now=NOW) == [NOW, NOW]
