"""Times of day and names of months are read as people write them."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.problem.split_times import MONTH_NUMBERS, time_of_day
from ghosteam.problem.time_formats import MONTHS
from ghosteam.problem.timeexpr import ClockColumn, parse_time_expression
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of

FORMS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%H%M%S", "%H%M", "%I:%M %p", "%I:%M:%S%p", "%I %p")


@given(st.times(), st.sampled_from(FORMS))
def test_a_time_of_day_is_read_as_the_standard_library_writes_it(moment: time, form: str) -> None:
    text = moment.strftime(form)
    told = datetime.strptime(text, form) - datetime(1900, 1, 1)
    assert time_of_day(text) == told
    assert time_of_day(f" {text.lower()} ") == told


@given(st.integers(-100, 300_000))
def test_digits_are_hours_and_minutes_and_may_lack_zeros_at_their_begin(number: int) -> None:
    hour, minute = divmod(number, 100)
    is_one = 0 <= number <= 2400 and minute < 60
    expected = timedelta(hours=hour, minutes=minute) if is_one else None
    assert time_of_day(number) == expected
    if is_one:
        assert time_of_day(str(number)) == time_of_day(f"{number:04}") == expected


@pytest.mark.parametrize(
    ("text", "hours"),
    [("24:00", 24), ("2400", 24), ("12 am", 0), ("12:00 P.M.", 12), ("9:00", 9), ("9:00:00,0", 9)],
)
def test_hours_at_the_ends_of_a_day_and_in_other_hands(text: str, hours: int) -> None:
    assert time_of_day(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        *("", "noon", "14:5", "24:01", "25:00", "12:60", "12:00:60", "13 pm", "0 am"),
        *("14:05+02:00", "-5", "1.5", "٣٣:٠٠", "1234567", "14:05:09.", "12:00 xm"),
    ],
)
def test_what_no_clock_shows_is_no_time_of_day(text: str) -> None:
    assert time_of_day(text) is None


def test_a_month_has_its_number_its_name_and_the_short_form_of_it() -> None:
    for number, name in enumerate(MONTHS, 1):
        for text in (str(number), f"{number:02}", name.lower(), name[:3].lower()):
            assert MONTH_NUMBERS[text] == str(number)


def test_a_clock_stands_beside_a_day() -> None:
    expression = parse_time_expression('day + "Start time" clock + 1h + late minutes')
    assert expression.clock == ClockColumn("Start time")
    assert expression.columns == ("day", "Start time", "late")
    assert parse_time_expression("date(y, m, d) + at clock").columns == ("y", "m", "d", "at")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("day + a clock + b clock", "two clocks"),
        ("date(year, month) + a clock", "no day: write date"),
        ("day + a", "'a clock'"),
    ],
)
def test_a_clock_without_a_day_of_its_own_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_time_expression(text)


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("event_time: starts", "event_time: starts + weekend clock", "event_time", "as 14:05"),
        ("event_time: starts", "event_time: starts + x clock", "event_time", "'x' is not among"),
        ("known_at: event_time", "known_at: event_time + kind clock", "known_at", "is a moment"),
        ("time: hour", "time: hour + wind clock", "weather.time", "such as 1405"),
        ("time: hour", "time: hour + x clock", "weather", "not among 'columns'"),
    ],
)
def test_what_cannot_show_a_clock_is_refused_at_its_line(
    old: str, new: str, field: str, says: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert str(fault.where["field"]).endswith(field)
    assert fault.where["line"] == 1 + TEXT[: TEXT.index(old)].count("\n") or field == "weather"
    assert says in fault.message and fault.remedy
