"""A format of times has one meaning, reads what strptime reads, and nothing that is ISO 8601
otherwise.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ghosteam.problem.moments import parse_cell
from ghosteam.problem.time_formats import TimeFormat, read_moment

GOOD = (
    "%d.%m.%Y",
    "%m/%d/%Y %H:%M",
    "%d-%b-%Y %I:%M:%S %p",
    "%B %d, %Y",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%a %b %d %H:%M:%S %Y",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y-%j",
    "%d. %m. %Y um %H Uhr %M",
    "100%% %d%m%Y",
)
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30))


def checked(text: str) -> str:
    return TypeAdapter(TimeFormat).validate_python(text)


@given(form=st.sampled_from(GOOD), moment=MOMENTS)
def test_what_a_format_writes_it_reads(form: str, moment: datetime) -> None:
    assert checked(form) == form
    shown = moment.strftime(form)
    assert read_moment(shown, form) == datetime.strptime(shown, form)
    assert read_moment(shown.lower(), form) == read_moment(shown, form)


@given(form=st.sampled_from(GOOD), moment=MOMENTS)
def test_iso_8601_is_read_beside_any_format(form: str, moment: datetime) -> None:
    shown = moment.isoformat(timespec="microseconds")
    assert parse_cell(shown, unit=None, form=form) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize("form", ["%Y-%m", "%b-%Y", "%m/%Y", "%B %Y"])
def test_a_month_is_its_first_day(form: str) -> None:
    assert read_moment(datetime(2024, 11, 9).strftime(checked(form)), form) == datetime(2024, 11, 1)


def test_days_and_hours_may_lack_their_zeros_where_marks_part_them() -> None:
    expected = datetime(2024, 1, 2, 3, 4)
    assert read_moment("2/1/2024 3:04", "%d/%m/%Y %H:%M") == expected
    assert read_moment("2/1/2024   03:04", "%d/%m/%Y %H:%M") == expected
    assert read_moment("1112024", "%d%m%Y") is None  # 1 November, or 11 January?


@pytest.mark.parametrize("text", ["31.2.2024", "0.1.2024", "1.13.2024", "1.1.0000"])
def test_what_is_no_day_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no such time"):
        read_moment(text, "%d.%m.%Y")
    with pytest.raises(ValueError, match="no such time"):
        read_moment("1.1.2024 13:00 PM", "%d.%m.%Y %I:%M %p")


def test_noon_and_midnight() -> None:
    form = "%d.%m.%Y %I:%M %p"
    hours = {text: read_moment(f"1.1.2024 {text}", form) for text in ("12:30 AM", "12:30 p.m.")}
    assert [moment and moment.hour for moment in hours.values()] == [0, 12]


def test_an_offset_counts_before_the_zone() -> None:
    form = "%d.%m.%Y %H:%M %z"
    for text, offset in (("+02:00", 2), ("-0330", -3.5), ("Z", 0)):
        read = parse_cell(f"1.6.2024 12:00 {text}", unit=None, zone="Asia/Tokyo", form=form)
        assert read == datetime(2024, 6, 1, 12, tzinfo=UTC) - timedelta(hours=offset)
    read = parse_cell("1.6.2024", unit=None, zone="Asia/Tokyo", form="%d.%m.%Y")
    assert read == datetime(2024, 5, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("%d.%m.%y", "names no century"),
        ("%x", "something else in each country"),
        ("%d.%m.%Y %Z", "no offsets"),
        ("%s", "'unit'"),
        ("%d.%m.%Y %Q", "is no directive"),
        ("%d.%m", "names no day"),
        ("%Y", "names no day"),
        ("%m.%Y %H:%M", "a time of day needs %d"),
        ("%d.%m.%d %Y", "stands twice"),
        ("%d. %b %m %Y", "the day more than once"),
        ("%d.%m.%Y %I:%M", "%I with %p"),
        ("%d.%m.%Y %M", "minutes need hours"),
        ("%d.%m.%Y %H:%S", "seconds need minutes"),
        ("%Y-%d-%m", "as another time than ISO 8601"),
        ("%d.%m.%Y %", "ends in a %"),
        ("", "names no day"),
    ],
)
def test_a_format_of_several_meanings_is_refused(form: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        checked(form)
