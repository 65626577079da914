"""A time that is split over columns is one time, in files and in requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import time_column
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import parse_problem
from ghosteam.problem.time_formats import MONTHS
from ghosteam.problem.timeexpr import ClockColumn, TimeExpression, parse_time_expression
from ghosteam.serving.event_time import event_times, time_of

DAYS = st.dates(date(1980, 1, 1), date(2099, 12, 30))
MINUTES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
DAY_TYPE = pl.Datetime("us", "UTC")


def in_file(expression: TimeExpression, row: Mapping[str, Any]) -> datetime | None:
    kinds = {datetime: DAY_TYPE, int: pl.Int64, str: pl.String}
    schema = {name: kinds[type(value)] for name, value in row.items()}
    value = pl.DataFrame([row], schema=schema).select(time_column(expression)).item()
    assert value is None or isinstance(value, datetime)
    return value


def in_request(expression: TimeExpression, row: Mapping[str, Any]) -> datetime | None:
    try:
        return time_of(expression, row)
    except InvalidInput:
        return None


def by_hand(day: date, clock: time, zone: str, ambiguous: str) -> datetime | None:
    """What a zone's wall clocks mean; None for what they never show, or show twice."""
    local = datetime.combine(day, clock, ZoneInfo(zone))
    readings = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    true = sorted(
        one for one in readings if one.astimezone(ZoneInfo(zone)).replace(fold=0) == local
    )
    if len(true) == 2:
        return None if ambiguous == "refuse" else true[ambiguous == "latest"]
    return true[0] if true else None


@given(
    DAYS,
    MINUTES,
    st.sampled_from(ZONES),
    st.sampled_from(["refuse", "earliest", "latest"]),
    st.sampled_from(["%H:%M", "%H%M", "%I:%M %p", "integer"]),
)
def test_a_day_and_a_clock_are_the_time_that_the_zones_clocks_show(
    day: date,
    clock: time,
    zone: str,
    ambiguous: Literal["refuse", "earliest", "latest"],
    form: str,
) -> None:
    expression = TimeExpression("d", timedelta(), (), clock=ClockColumn("c", zone, ambiguous))
    begin = by_hand(day, time(), zone, "earliest") or by_hand(day, time(1), zone, "earliest")
    if begin is None:  # A day that the zone left out.
        return
    shown = clock.hour * 100 + clock.minute if form == "integer" else clock.strftime(form)
    row = {"d": begin, "c": shown}
    expected = by_hand(day, clock, zone, ambiguous)
    assert in_file(expression, row) == in_request(expression, row) == expected


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2024, 3, 31), "02:30", None),
        (date(2024, 10, 27), "02:30", None),
        (date(2024, 3, 31), "03:30", datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
        (date(2024, 10, 26), "24:00", datetime(2024, 10, 26, 22, tzinfo=UTC)),
        (date(2024, 7, 1), "nine", None),
    ],
)
def test_on_days_on_which_clocks_change(day: date, clock: str, expected: datetime | None) -> None:
    expression = TimeExpression("d", timedelta(), (), clock=ClockColumn("c", "Europe/Berlin"))
    row = {"d": by_hand(day, time(), "Europe/Berlin", "refuse"), "c": clock}
    assert in_file(expression, row) == in_request(expression, row) == expected


@given(DAYS, MINUTES, st.sampled_from(["{}", "{:.3}", "{:.3}.", " {} "]), st.booleans())
def test_a_month_may_be_named(day: date, clock: time, form: str, loud: bool) -> None:
    expression = parse_time_expression("date(y, m, d) + c clock + 1h")
    month = form.format(MONTHS[day.month - 1])
    row = {
        "y": day.year,
        "m": month.upper() if loud else month.lower(),
        "d": day.day,
        "c": f"{clock:%H:%M}",
    }
    expected = datetime.combine(day, clock, UTC) + timedelta(hours=1)
    assert in_file(expression, row) == time_of(expression, row) == expected
    first = parse_time_expression("date(y, m)")
    expected = datetime(day.year, day.month, 1, tzinfo=UTC)
    assert in_file(first, row) == time_of(first, row) == expected


@given(st.text(max_size=6), st.text(max_size=6))
def test_any_text_is_read_alike_in_both(month: str, clock: str) -> None:
    expression = parse_time_expression("date(y, m, d) + c clock")
    row = {"y": 2024, "m": month, "d": 1, "c": clock}
    assert in_file(expression, row) == in_request(expression, row)


RIDES = """
version: 1
problem: rides
task: binary
entities: {ride: [ride]}
event_time: day + at clock
target: {name: late, expr: delay > 5, known_at: day + back clock}
datasets:
  rides:
    role: events
    columns:
      ride: integer
      day: {type: timestamp, zone: Europe/Berlin, ambiguous: latest}
      at: string
      back: integer?
      delay: {type: number, nullable: true}
features: {request: [ride]}
"""
NOW = datetime(2024, 10, 28, tzinfo=UTC)


def test_the_clock_is_one_of_the_zone_of_the_days_column() -> None:
    problem = parse_problem(RIDES)
    assert problem.event_time_expression.clock == ClockColumn("at", "Europe/Berlin", "latest")
    assert problem.known_at_expression.clock == ClockColumn("back", "Europe/Berlin", "latest")
    row = {"ride": 1, "day": datetime(2024, 10, 26, 22, tzinfo=UTC), "at": "2:30"}
    assert event_times(problem, [row], now=NOW) == [datetime(2024, 10, 27, 1, 30, tzinfo=UTC)]


def test_what_no_clock_shows_is_refused_with_its_row_and_field() -> None:
    problem = parse_problem(RIDES)
    row = {"ride": 1, "day": datetime(2024, 3, 30, 23, tzinfo=UTC), "at": "1:30"}
    with pytest.raises(InvalidInput, match="No clock shows '25:00'") as caught:
        event_times(problem, [row, {**row, "at": "25:00"}], now=NOW)
    assert caught.value.where == {"field": "at", "row": 1}
    with pytest.raises(InvalidInput, match="clocks of Europe/Berlin never show"):
        event_times(problem, [{**row, "at": "2:30"}], now=NOW)
