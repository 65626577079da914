"""Which channel is told of what, and in which hours of nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.alerting.quiet_hours import QuietHours
from ghosteam.alerting.routes import read, route_of, routes_of, written
from tests.alerts import alert

SLACK = {"channel": "slack", "secret": "ghosteam/slack"}
NIGHT = QuietHours.parse("22:00-07:00 Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2024-05-20T19:59", None),
        ("2024-05-20T20:00", "2024-05-21T05:00"),
        ("2024-05-21T04:59", "2024-05-21T05:00"),
        ("2024-05-21T05:00", None),
        ("2024-01-01T22:00", "2024-01-02T06:00"),  # winter time
        ("2024-03-30T22:00", "2024-03-31T05:00"),  # the night that loses an hour
        ("2024-10-26T21:00", "2024-10-27T06:00"),  # and the one that gains one
    ],
)
def test_the_night_ends_by_the_clock_of_the_place(moment: str, end: str | None) -> None:
    assert NIGHT.end_of(utc(moment)) == (utc(end) if end else None)


def test_quiet_hours_may_lie_within_a_day() -> None:
    lunch = QuietHours.parse("12:00-13:30 UTC")
    assert lunch.end_of(utc("2024-05-20T12:00")) == utc("2024-05-20T13:30")
    assert lunch.end_of(utc("2024-05-20T13:30")) is None
    assert str(lunch) == "12:00-13:30 UTC"


CLOCK = st.times().map(lambda time: f"{time:%H:%M}")


@given(
    CLOCK,
    CLOCK,
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_what_is_held_is_told_within_a_day_and_outside_the_quiet(
    begin: str, end: str, zone: str, moment: datetime
) -> None:
    if begin == end:
        return
    quiet = QuietHours.parse(f"{begin}-{end} {zone}")
    over = quiet.end_of(moment)
    if over is not None:
        assert moment < over <= moment + timedelta(hours=26)
        assert over.astimezone(ZoneInfo(zone)).time() >= quiet.end
        assert quiet.end_of(over) is None


@pytest.mark.parametrize(
    "text",
    ["22-7", "22:00-07:00", "22:00-07:00 Berlin", "24:00-07:00 UTC", "07:00-07:00 UTC", ""],
)
def test_other_quiet_hours_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write them as '22:00-07:00 Europe/Berlin'"):
        QuietHours.parse(text)


def test_a_channel_is_told_of_what_is_bad_enough_and_of_its_problems() -> None:
    every = route_of(SLACK)
    assert (every.name, every.secret) == ("slack", "ghosteam/slack")
    bad = route_of({**SLACK, "severity": "error"})
    ours = route_of({**SLACK, "problems": "flights, glucose"})
    for route, told in ((every, True), (bad, False), (ours, True)):
        assert route.takes(alert(severity="warning")) is told
    assert bad.takes(alert(severity="critical")) and bad.takes(alert(severity="error"))
    assert not ours.takes(alert(problem="bikes")) and ours.takes(alert(problem=None))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({**SLACK, "severity": "bad"}, "'bad' is no severity; there are critical, error"),
        ({**SLACK, "name": "My Slack"}, "cannot name a channel"),
        ({**SLACK, "quiet": "night"}, "'night' are no quiet hours; write them as"),
        ({**SLACK, "Severity": "error"}, "is told secret, Severity"),
    ],
)
def test_a_mistake_says_what_to_write(entry: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        route_of(entry)


def test_channels_of_one_kind_need_names() -> None:
    entries = [SLACK, {**SLACK, "name": "night-shift", "quiet": "06:00-22:00 UTC"}]
    assert [route.name for route in routes_of(entries)] == ["slack", "night-shift"]
    assert read(written(entries)) == routes_of(entries)
    with pytest.raises(ValueError, match="two channels are called slack"):
        routes_of([SLACK, SLACK])
