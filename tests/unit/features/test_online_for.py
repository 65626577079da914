"""What is kept online for a time only: rows go by themselves when nobody asks for them any more,
whatever lands late is right until then, and null after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from ghosteam.features.codec import StoredRow
from ghosteam.features.views import EXPIRES, views_of, windows_version
from ghosteam.problem.hashes import training_hash
from ghosteam.problem.lengths import days
from ghosteam.problem.load import parse_problem
from tests.online import place_of
from tests.unit.features.conftest import TRIPS
from tests.unit.features.files import Files, happens
from tests.unit.features.oracle import RIDES, Counted
from tests.unit.features.rides import DAY, HOUR, START, in_window
from tests.unit.problem.faults import faults_of

_SOON = "    - {name: rides_2h, by: [line], count: rows, over: 2h}\n"
ALL = RIDES.format(id="") + _SOON + "holdout: 1d\n"
KEPT = ALL.replace("features:", "features:\n  online_for: 8d")
ALWAYS, FOR_A_TIME = parse_problem(ALL), parse_problem(KEPT)


class KeptForATime(Files):
    """Time passes, and DynamoDB removes what has expired, or does so later."""

    now = START + 9 * DAY
    asked_at = (*Files.asked_at, *(START + day * DAY + 14 * HOUR for day in (0, 1)))

    @rule(hours=st.integers(1, 100))
    def wait(self, hours: int) -> None:
        """Windows become too old to be asked for."""
        self.now += hours * HOUR

    @rule(place=st.integers(1, 3))
    def expire(self, place: int) -> None:
        """Of the items that have expired, all or some go."""
        gone = [
            address
            for address, item in self.online.items.items()
            if EXPIRES in item and int(item[EXPIRES]["N"]) <= self.now.timestamp()
        ]
        for address in gone[::place]:
            del self.online.items[address]

    def windows_of(self, rides: Sequence[Counted], asked: datetime) -> dict[str, float | None]:
        found = super().windows_of(rides, asked)
        found["rides_2h"] = sum(in_window(known, asked, 2 * HOUR, HOUR) for *_, known in rides)
        return found if asked > self.now - 8 * DAY else dict.fromkeys(found)


def test_windows_are_right_as_long_as_they_are_kept_and_null_after_it() -> None:
    happens(lambda: KeptForATime(FOR_A_TIME, lambda ride: ride[:2]), examples=40)


def test_rows_of_a_period_expire_and_others_do_not() -> None:
    window, soon, buses = (
        place_of("on", FOR_A_TIME, name) for name in ("late_2d", "rides_2h", "buses")
    )
    assert window.view.online_for == days(8) and buses.view.every is None
    day = int(START.timestamp())
    last = window.view.last_asked(day)
    assert last == START + DAY and soon.view.last_asked(day) == START + HOUR
    assert window.view.since(START + 8 * DAY) == START and buses.view.since(START) is None
    assert all(view.online_for is None for view in views_of(ALWAYS))


def test_a_looked_up_row_of_a_period_expires_after_the_last_event_that_asks_for_it() -> None:
    declared = "features:\n  online_for: 30d"
    place = place_of("on", parse_problem(TRIPS.replace("features:", declared)), "weather")
    period = place.view.period_key
    assert period is not None
    begin = int(START.timestamp())
    # Weather of an hour is known an hour after it began, until that of the next one is.
    assert place.view.last_asked(begin) == START + 2 * HOUR
    row = StoredRow({"weather__temp": 1.0, "weather__sky": None}, START + HOUR)
    item = place.item({"stop": "A", period: begin}, row)
    assert int(item[EXPIRES]["N"]) == (START + 2 * HOUR + 37 * DAY).timestamp()
    rows = pl.DataFrame({"stop": ["A", "A"], period: [begin, begin + 3600]})
    asked = place.asked_for(rows, START + 2 * HOUR + 30 * DAY)
    assert asked[period].to_list() == [begin + 3600]


def test_what_is_kept_longer_is_made_anew_and_teaches_nothing_else() -> None:
    assert windows_version(ALWAYS) != windows_version(FOR_A_TIME)
    assert training_hash(ALWAYS) == training_hash(FOR_A_TIME)
    of_buses = [next(v for v in views_of(p) if v.name == "buses") for p in (ALWAYS, FOR_A_TIME)]
    assert of_buses[0].version == of_buses[1].version, "static rows stay in any case"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("online_for: 8d", "online_for: 7d"), "is too short"),
        (("holdout: 1d", "holdout: 2d"), "9d are needed"),
        (("event_time: starts\n", "event_time: none\n"), "events have no time"),
    ],
)
def test_what_the_gates_read_is_kept(change: tuple[str, str], told: str) -> None:
    found = [fault for fault in faults_of(KEPT, change) if "online_for" in str(fault)]
    assert len(found) == 1 and told in found[0].message


def test_the_margin_is_longer_than_calendar_lengths_differ() -> None:
    text = KEPT.replace("online_for: 8d", "online_for: 1 month")
    place = place_of("on", parse_problem(text), "late_2d")
    view = place.view
    assert view.online_for is not None and view.period_key is not None
    for number in range(800):
        begin = START + number * DAY
        expires = view.online_for.after(view.last_asked(int(begin.timestamp()))) + 7 * DAY
        for later in range(20, 45):
            now = begin + later * DAY
            since = view.since(now)
            assert since is not None
            if view.last_asked(int(begin.timestamp())) > since:
                assert now < expires, (begin, now)
