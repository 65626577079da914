"""Windows of less than a day: what can be said, and what is wrong with the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ghosteam.features.views import views_of
from ghosteam.problem.hashes import windows_hash
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of
from tests.unit.problem.test_facts import TEXT as FACTS

WINDOW = "{name: station_long, by: [station], rate: long, over: 7d}"


def with_window(written: str) -> Problem:
    """The problem with another window."""
    assert WINDOW in TEXT
    return parse_problem(TEXT.replace(WINDOW, written))


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ("[7d, 90m]", "under a day whole hours"),
        ("7m", "a multiple of 5 minutes"),
        ("0m", "a multiple of 5 minutes"),
        ("2h, ratio_to: 90m", "a multiple of 1h"),
        ("5m, ratio_to: 7m", "a multiple of 5m"),
        ("[30m, 1d], ratio_to: 36h", "a multiple of 1d"),
        ("[30m, 2h], ratio_to: 2h", "longer than"),
        ("1h, ratio_to: 2d", "at most 1d where 'over' is 1h"),
        ("[2h, 1d], ratio_to: 13d", "at most 12d where 'over' is 2h"),
    ],
)
def test_lengths_are_whole_periods(over: str, says: str) -> None:
    [fault] = faults_of(TEXT, ("over: 7d", f"over: {over}"))
    assert fault.where["field"] == "features.windows.0" and "line" in fault.where
    assert says in fault.message


def test_lengths_of_one_list_are_a_view_for_each_of_their_periods() -> None:
    problem = with_window(
        "{name: w, by: [station], count: rows, over: [1d, 5m, 365d, 6h, 1h, 23h]}"
    )
    assert problem.feature_names[-6:] == ("w_1d", "w_5m", "w_365d", "w_6h", "w_1h", "w_23h")
    periods = {
        view.name: (tuple(view.features), view.every and view.every.length)
        for view in views_of(problem)
        if view.kind == "window"
    }
    assert periods == {
        "w_by_5m": (("w_5m", "w_1h"), timedelta(minutes=5)),
        "w_by_1h": (("w_6h", "w_23h"), timedelta(hours=1)),
        "w_by_1d": (("w_1d", "w_365d"), timedelta(days=1)),
    }


@pytest.mark.parametrize("over", ["1h", "[30m]", "[2h, 3h]", "7d", "[1d, 7d]"])
def test_lengths_of_one_period_are_one_view_with_the_windows_name(over: str) -> None:
    problem = with_window(f"{{name: w, by: [station], rate: long, over: {over}}}")
    [view] = [view for view in views_of(problem) if view.kind == "window"]
    assert view.name == "w"


def test_windows_of_whole_days_are_what_they_were() -> None:
    # Of a release that had no others: another version would make all of them anew.
    assert windows_hash(parse_problem(TEXT)).startswith("972a2d4d84b6fd04")


@pytest.mark.parametrize(
    ("windows", "field", "says"),
    [
        (
            "{name: w, by: [station], rate: long, over: [7d, 1h]}\n"
            "    - {name: w_by_5m, by: [station], count: rows, over: 1h}",
            "features.windows.1.name",
            "another window's name",
        ),
        (
            "{name: weather, by: [station], rate: long, over: [7d, 1h]}",
            "features.windows.0.name",
            "a data set's",
        ),
    ],
)
def test_names_of_views_are_told_apart(windows: str, field: str, says: str) -> None:
    [fault] = faults_of(TEXT, (WINDOW, windows))
    assert fault.where["field"] == field and says in fault.message


def test_a_column_of_a_periods_name_is_refused() -> None:
    short = (WINDOW, "{name: w, by: [station], rate: long, over: [7d, 1h]}")
    [fault] = faults_of(TEXT, short, ("weekend: boolean", "w_by_5m_period: number"))
    assert fault.where["field"] == "datasets.rides.columns.w_by_5m_period"


BY_THE_DAY = (
    ("time: at\n", "time: date(year, month) + stop days\n"),
    ("{stop: integer", "{stop: integer, year: integer, month: integer"),
)


def changed(*changes: tuple[str, str]) -> str:
    """The problem with facts, with other pieces."""
    text = FACTS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("over", ["1h", "[3d, 23h]"])
def test_rows_that_are_known_by_the_day_have_no_windows_of_less(over: str) -> None:
    parse_problem(changed(*BY_THE_DAY))
    short = ("over: [1d, 3d]", f"over: {over}")
    [fault] = faults_of(FACTS, *BY_THE_DAY, short)
    assert fault.where["field"] == "features.windows.1.over" and "line" in fault.where
    assert "all rows of stops of a day" in fault.message and "hour hours" in str(fault.remedy)
    hours = (BY_THE_DAY[0][0], BY_THE_DAY[0][1].replace("days", "days + stop hours"))
    parse_problem(changed(hours, BY_THE_DAY[1], short))


def test_outcomes_that_are_known_by_the_day_have_no_windows_of_less() -> None:
    by_day = (
        ("event_time: starts", "event_time: date(year)"),
        ("rider: integer, starts: timestamp", "rider: integer, year: integer"),
    )
    short = ("over: 2d", "over: 2h")
    [fault] = faults_of(FACTS, *by_day, short)
    assert fault.where["field"] == "features.windows.0.over"
    known = ("known_at: event_time + 1h", "known_at: event_time + delay minutes")
    parse_problem(changed(*by_day, known, short))
