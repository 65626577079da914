"""Turns of the drift watch: whenever they come, each window on the grid is judged once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.drift_watermark import DriftWatermark
from ghosteam.errors import Unfinished
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.steps.watch_drift import watch_drift, windows_due
from tests.accounts import Account, memory_account
from tests.labelled import adapters
from tests.unit.data.memory import MemoryState
from tests.unit.data.world import Kill
from tests.unit.maturity.test_maturity import CHURN
from tests.unit.monitoring.test_check_drift import log, rows, serve

WEEK = timedelta(days=7)
FIRST = datetime(2013, 7, 4, tzinfo=UTC)  # windows of seven days end on Thursdays
MINUTE = timedelta(minutes=1)
DAILY = parse_problem(CHURN + "watch: {window: 1d}\n")


@pytest.fixture
def problem(flights: Problem) -> Problem:
    features = {"request": ("carrier", "hour"), "join": (), "windows": ()}
    return flights.model_copy(update={"features": flights.features.model_copy(update=features)})


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        serve(made)
        yield made


def drifting(account: Account, first: datetime, windows: int) -> None:
    """Windows that end at ``first`` and later."""
    shifted = [rows(first - WEEK + n * WEEK, 300, shift=6, seed=n) for n in range(windows)]
    log(account, pl.concat(shifted), f"{first:%m%d}")


def turn(account: Account, problem: Problem, now: datetime) -> list[DriftVerdict]:
    return list(watch_drift(problem, now=now, adapters=adapters(account)))


def on_record(account: Account) -> list[DriftVerdict]:
    return [one.data for one in account.state.list("flights", state_keys.DRIFT_VERDICTS)]


def test_turns_that_come_early_late_or_twice_judge_each_window_once(
    account: Account, problem: Problem
) -> None:
    drifting(account, FIRST, windows=3)
    judged = [
        [one.window_end for one in turn(account, problem, FIRST + after)]
        for after in (
            *(59 * MINUTE, 60 * MINUTE, 7 * 60 * MINUTE),
            *(WEEK - MINUTE, WEEK + 5 * MINUTE, WEEK + 16 * MINUTE, WEEK + 60 * MINUTE),
            *(2 * WEEK + 14 * MINUTE, 2 * WEEK + 600 * MINUTE),
        )
    ]
    ends = [FIRST, FIRST + WEEK, FIRST + 2 * WEEK]
    assert judged == [ends[:1], [], [], [], [], ends[1:2], [], [], ends[2:]]
    assert [one.window_start for one in on_record(account)] == [FIRST - WEEK, *ends[:2]]
    told = [event.ids["window_end"] for event in account.bus.events]
    assert told == [end.isoformat() for end in ends[1:]], "each sustained window tells once"


def test_after_an_outage_all_windows_are_judged_and_the_newest_alone_tells(
    account: Account, problem: Problem
) -> None:
    drifting(account, FIRST, windows=5)
    turn(account, problem, FIRST + 20 * MINUTE)
    back = FIRST + 4 * WEEK + timedelta(hours=9)
    for _ in range(2):  # each turn is over, and lines up again, after one window
        with pytest.raises(Unfinished):
            list(watch_drift(problem, now=back, adapters=adapters(account), more=lambda: False))
    assert account.bus.events == []
    turn(account, problem, back)
    turn(account, problem, back)
    assert [one.window_end for one in on_record(account)] == [FIRST + n * WEEK for n in range(5)]
    assert [one.sustained for one in on_record(account)] == [False, True, True, True, True]
    [event] = account.bus.events
    assert event.ids["window_end"] == (FIRST + 4 * WEEK).isoformat()


def test_a_window_without_enough_rows_is_looked_at_again_while_it_is_the_newest(
    account: Account, problem: Problem
) -> None:
    [empty] = turn(account, problem, FIRST + 20 * MINUTE)
    assert empty.undetermined
    drifting(account, FIRST, windows=1)
    [late] = turn(account, problem, FIRST + timedelta(days=1))
    assert late.window_end == FIRST and late.drifted
    assert turn(account, problem, FIRST + timedelta(days=2)) == []


@given(st.lists(st.integers(1, 60 * 24 * 30), min_size=1, max_size=20))
def test_windows_touch_and_none_is_left_out(waits: list[int]) -> None:
    state, now = MemoryState(Kill()), FIRST
    ends: list[datetime] = []
    for minutes in waits:
        now += minutes * MINUTE
        due = windows_due(DAILY, state, now)
        if due:
            state.put(DAILY.problem, state_keys.DRIFT_WATERMARK, DriftWatermark(due[-1]))
        ends += due
    assert ends == [ends[0] + n * timedelta(days=1) for n in range(len(ends))]
    assert timedelta() <= now - ends[-1] - 15 * MINUTE < timedelta(days=1)
