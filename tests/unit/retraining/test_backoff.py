"""The wait after failures, and what has waited long enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ghosteam.documents.occasion import Occasion
from ghosteam.documents.run import Run
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.retraining.backoff import blocked_until, due_retries, failures_in_a_row, wait_after
from tests import documents

NOW = datetime(2024, 5, 20, tzinfo=UTC)


def run(status: str, hours_ago: float) -> Run:
    at = NOW - timedelta(hours=hours_ago)
    return documents.run(status=status, finished_at=None if status == "running" else at)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 15), (1, 15), (2, 30), (3, 60), (7, 960), (8, 1440), (1000, 1440)]
)
def test_the_wait_doubles_up_to_a_day(failures, minutes):
    assert wait_after(failures) == timedelta(minutes=minutes)


def test_only_failures_since_the_last_run_that_did_not_fail_count():
    runs = [
        run("failed", 9),
        run("refused", 8),
        run("failed", 2),
        run("skipped", 1),
        run("failed", 1),
    ]
    assert len(failures_in_a_row([*runs, run("running", 0)])) == 2
    assert blocked_until(runs) == NOW - timedelta(hours=1) + timedelta(minutes=30)
    assert blocked_until([run("failed", 2), run("refused", 1)]) is None
    assert blocked_until([]) is None


def test_a_month_of_failures_is_not_two_hundred_runs():
    runs, now = [], NOW
    while now < NOW + timedelta(days=30):
        runs.append(documents.run(status="failed", finished_at=now))
        until = blocked_until(runs)
        assert until is not None and until > now
        now = until
    assert len(runs) < 45


def test_what_waits_is_due_when_its_run_is_over_and_its_time_has_come():
    def kept(name: str, since: datetime = NOW, **until) -> WaitingOccasion:
        occasion = Occasion("drift", "temp", NOW)
        return WaitingOccasion(occasion_id=name, occasion=occasion, reason="", since=since, **until)

    waiting = [
        kept("time", not_before=NOW + timedelta(hours=1)),
        kept("holder", for_run="r1"),
        kept("newer", for_run="r0"),
        kept("older", NOW - timedelta(days=1), not_before=NOW),
    ]
    due = due_retries(waiting, holder="r1", now=NOW)
    assert [one.occasion_id for one in due] == ["older", "newer"]
    later = due_retries(waiting, holder=None, now=NOW + timedelta(hours=1))
    assert len(later) == 4


@pytest.mark.parametrize("as_of", [None, NOW])
def test_an_occasion_is_read_back_as_it_was(as_of):
    occasion = Occasion("request", "because", as_of, "abc")
    assert Occasion.from_json(occasion.to_json()) == occasion
