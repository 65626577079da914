"""Each answer of the retraining policy, with its reason."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.documents.run import Run
from ghosteam.problem.retrain import Retrain
from ghosteam.problem.search import Search
from ghosteam.retraining.cost import estimated_usd
from ghosteam.retraining.policy import (
    MAX_ATTEMPTS,
    Situation,
    Skip,
    Start,
    Wait,
    decide_run,
    name_run,
)
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.retraining.triggers.trigger import TRIGGERS
from tests import documents

AS_OF = datetime(2013, 7, 8, tzinfo=UTC)
NOW = datetime(2024, 5, 20, tzinfo=UTC)
READY = Ready(
    datetime(2013, 3, 19, tzinfo=UTC),
    datetime(2013, 6, 17, tzinfo=UTC),
    datetime(2013, 7, 1, tzinfo=UTC),
)
SERVING = Situation(
    readiness=READY, champion_train_end=datetime(2013, 3, 18, tzinfo=UTC), run_usd=1.0
)
FIRST = replace(SERVING, champion_train_end=None)


def run(status: str, days_ago: int, started: str = "2024-05-01") -> Run:
    moment = datetime.fromisoformat(f"{started}T00:00:00+00:00")
    as_of = AS_OF - timedelta(days=days_ago)
    return documents.run(status=status, as_of=as_of, started_at=moment, finished_at=moment)


def answer(cause: str, situation: Situation, **policy) -> Start | Skip | Wait:
    return decide_run(
        TRIGGERS.find(cause), Retrain(**policy), situation, run_id="r", as_of=AS_OF, now=NOW
    )


@pytest.mark.parametrize("cause", ["drift", "performance", "request"])
def test_a_watch_or_a_person_starts_a_run_when_nothing_speaks_against_it(cause):
    assert isinstance(answer(cause, SERVING), Start)


def test_readiness_starts_the_first_model():
    assert isinstance(answer("readiness", FIRST), Start)


@pytest.mark.parametrize(
    ("cause", "situation", "policy", "reason"),
    [
        ("readiness", SERVING, {}, "there is a model already"),
        ("readiness", replace(FIRST, runs=[run("registered", 30)]), {}, "there is a model already"),
        ("drift", SERVING, {"on": ("performance",)}, "does not name 'drift'"),
        (
            "request",
            replace(SERVING, readiness=Waiting(("waiting, because x",))),
            {},
            "waiting, because x",
        ),
        (
            "drift",
            replace(SERVING, runs=[run("refused", 6)]),
            {},
            "cool-down of 1w ends 2013-07-09 00:00 UTC",
        ),
        ("drift", replace(SERVING, runs=[run("promoted", -3)]), {}, "cool-down of 1w"),
        (
            "drift",
            replace(SERVING, runs=[run("failed", 20)] * 3),
            {"max_usd_month": 3.5},
            "estimated at $4.00",
        ),
        (
            "drift",
            replace(SERVING, champion_train_end=READY.holdout_end),
            {},
            "could not compare the two",
        ),
    ],
)
def test_what_speaks_against_a_run_is_its_reason(cause, situation, policy, reason):
    found = answer(cause, situation, **policy)
    assert isinstance(found, Skip) and reason in found.reason


@pytest.mark.parametrize(
    ("cause", "runs"),
    [
        ("drift", [run("promoted", 7)]),
        ("drift", [run("failed", 1), run("skipped", 1)]),
        ("request", [run("promoted", 1)]),
        ("drift", [run("promoted", 30, started="2024-04-30")] * 60),
    ],
    ids=["cooled-down", "failed-run", "a-person-asks", "last-month's-money"],
)
def test_what_does_not_hold_a_run_back(cause, runs):
    assert isinstance(answer(cause, replace(SERVING, runs=runs)), Start)


@pytest.mark.parametrize("cause", ["readiness", "drift", "performance", "request"])
def test_a_run_at_work_is_waited_for(cause):
    found = answer(cause, replace(FIRST, holder="r1"))
    assert found == Wait("run r1 is at work", for_run="r1")


def test_the_first_model_waits_for_what_has_landed_and_a_later_one_does_not():
    found = answer("readiness", replace(FIRST, arriving=["flights b.csv"]))
    assert isinstance(found, Wait) and "flights b.csv" in found.reason and found.not_before > NOW
    assert isinstance(answer("drift", replace(SERVING, arriving=["flights b.csv"])), Start)


def failed(*minutes_ago: int) -> list[Run]:
    moments = [NOW - timedelta(minutes=minutes) for minutes in minutes_ago]
    return [replace(run("failed", 1), started_at=at, finished_at=at) for at in moments]


def test_a_failure_holds_the_next_run_back_longer_each_time_and_a_person_not_at_all():
    once = answer("drift", replace(SERVING, runs=failed(5)))
    assert isinstance(once, Wait) and once.not_before == NOW + timedelta(minutes=10)
    thrice = answer("drift", replace(SERVING, runs=failed(5, 100, 200)))
    assert isinstance(thrice, Wait) and thrice.not_before == NOW + timedelta(minutes=55)
    assert "the last 3 runs failed" in thrice.reason
    assert isinstance(answer("drift", replace(SERVING, runs=failed(16))), Start)
    assert isinstance(answer("request", replace(SERVING, runs=failed(5))), Start)


def test_what_failed_too_often_is_left_to_a_person_and_told():
    found = answer("drift", replace(SERVING, runs=failed(6000), attempts=MAX_ATTEMPTS))
    assert isinstance(found, Skip) and found.tell and "./ghosteam retrain" in found.reason


def test_a_skipped_run_costs_nothing_and_starts_no_cool_down():
    runs = [run("skipped", 1)] * 60
    assert isinstance(answer("drift", replace(SERVING, runs=runs), max_usd_month=2), Start)


def test_what_only_a_person_can_change_is_told():
    assert answer("drift", replace(SERVING, champion_train_end=READY.holdout_end)).tell
    assert answer("request", replace(SERVING, readiness=Waiting(("waiting, because x",)))).tell
    assert not answer("drift", replace(SERVING, runs=[run("refused", 6)])).tell


def test_a_refused_first_run_is_tried_again_with_newer_data():
    assert isinstance(answer("readiness", replace(FIRST, runs=[run("refused", 30)])), Start)


@given(
    st.sampled_from(["readiness", "drift", "performance", "request"]),
    st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
)
def test_a_run_id_is_short_plain_and_repeatable(cause, as_of):
    name = name_run("flights", cause, as_of)
    assert re.fullmatch(r"[A-Za-z0-9-]{1,30}", name)
    assert name == name_run("flights", cause, as_of) != name_run("rides", cause, as_of)


def test_each_attempt_is_a_run_of_its_own():
    names = {name_run("flights", "drift", AS_OF, attempt=number) for number in range(1, 5)}
    assert len(names) == 4 and name_run("flights", "drift", AS_OF) in names


def test_two_requests_for_the_same_time_are_two_runs():
    assert name_run("flights", "request", AS_OF, request="a") != name_run(
        "flights", "request", AS_OF, request="b"
    )


def test_the_estimate_grows_with_families_and_minutes():
    # 3 families x (10 + 4) minutes and 15 + 2 x 4 minutes: 65 minutes at $0.23 an hour.
    assert estimated_usd(Search()) == pytest.approx(65 / 60 * 0.23)
    assert estimated_usd(
        Search(families=("lightgbm",), minutes=60), usd_per_hour=1
    ) == pytest.approx(87 / 60)
