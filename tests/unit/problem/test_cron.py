"""Times of a clock, as EventBridge Scheduler writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ghosteam.problem.cron import longest_wait, parse_cron

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("* * * * ? *", _MINUTE),
        ("*/5 * * * ? *", 5 * _MINUTE),
        ("0/25 * * * ? *", 25 * _MINUTE),
        ("0 0,8 * * ? *", 16 * _HOUR),
        ("30 6 ? * * *", _DAY),
        ("30 6 ? * MON-FRI *", 3 * _DAY),
        ("0/15 8-17 ? * 2-6 *", 3 * _DAY - 9 * _HOUR - 45 * _MINUTE),
        ("0 9 ? * sun,WED *", 4 * _DAY),
        ("0 9 1 * ? *", 31 * _DAY),
        ("0 9 1/2 * ? *", 2 * _DAY),
        ("0 9 29 FEB ? *", None),
        ("0 9 1 JAN ? 2027-2030", None),
        ("0 0 L * ? *", None),
        ("0 0 LW * ? *", None),
        ("0 9 ? * FRI#2 *", None),
        ("0 9 ? * 6L *", None),
        ("0 0 1,15W * ? *", 31 * _DAY),
    ],
)
def test_the_longest_wait_between_two_turns(text: str, wait: timedelta | None) -> None:
    assert parse_cron(f"  {text.replace(' ', '   ')} ") == text
    assert longest_wait(text) == wait


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 6 * * *", "has 5 fields"),
        ("cron(0 6 * * ? *)", "'CRON(0' cannot be the minutes"),
        ("0 6 * * * *", "must have '?' for one of"),
        ("0 6 ? * ? *", "must have '?' for one of"),
        ("0 6 1 * MON *", "must have '?' for one of"),
        ("60 6 * * ? *", "'60' cannot be the minutes of a cron; write numbers from 0 to 59"),
        ("0 24 * * ? *", "'24' cannot be the hours"),
        ("0 6 0 * ? *", "'0' cannot be the day-of-month"),
        ("0 6 1 13 ? *", "'13' cannot be the month of a cron; write numbers from 1 to 12 or JAN"),
        ("0 6 ? * 0 *", "'0' cannot be the day-of-week"),
        ("0 6 ? * FRI-MON *", "'FRI-MON' cannot be the day-of-week"),
        ("0 6 ? * 2/2 *", "'2/2' cannot be the day-of-week"),
        ("0 6 ? * FRI#6 *", "'FRI#6' cannot be the day-of-week"),
        ("0 6 * * ? 1969", "'1969' cannot be the year"),
        ("*/0 * * * ? *", "'*/0' cannot be the minutes"),
        ("1-9/2 * * * ? *", "'1-9/2' cannot be the minutes"),
        ("0, * * * ? *", "'' cannot be the minutes"),
        ("1- * * * ? *", "'1-' cannot be the minutes"),
        ("L * * * ? *", "'L' cannot be the minutes"),
        ("0 0 30 FEB ? *", "names a day that no month has"),
    ],
)
def test_what_the_scheduler_would_refuse_is_refused_with_what_to_write(
    text: str, message: str
) -> None:
    with pytest.raises(ValueError, match="; write ") as caught:
        parse_cron(text)
    assert message in str(caught.value)
