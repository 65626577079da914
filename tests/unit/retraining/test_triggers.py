"""Every trigger keeps the contract, and run ids stay what they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ghosteam.problem.retrain import Retrain
from ghosteam.problem.triggers import ALWAYS, BY_SETTING, CHOSEN
from ghosteam.retraining.policy import name_run
from ghosteam.retraining.triggers.trigger import TRIGGERS, Told, by_event
from ghosteam.testing.triggers import check_trigger, event_of

AS_OF = datetime(2013, 7, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", TRIGGERS.names)
def test_a_trigger_keeps_the_contract(name: str) -> None:
    check_trigger(TRIGGERS.find(name))


def test_each_trigger_has_its_own_event_and_a_problem_names_those_that_nobody_asks() -> None:
    assert [trigger.name for trigger in by_event().values()] == list(TRIGGERS.names)
    assert {name for name in TRIGGERS.names if TRIGGERS.find(name).asked} == set(ALWAYS)
    assert Retrain().on == CHOSEN
    for other in (*BY_SETTING, *ALWAYS):
        with pytest.raises(ValueError, match=f"{other!r} is no trigger of retraining; there are"):
            Retrain(on=(other,))


def test_the_contract_refuses_what_breaks_it() -> None:
    sound = TRIGGERS.find("drift")
    for changes, says in (
        ({"short": "performance"}, "in a run id"),
        ({"told": lambda _: Told("")}, "no words"),
        ({"told": lambda _: Told("x", datetime(2013, 7, 8))}, "not in UTC"),
        ({"told": lambda _: Told("x", AS_OF)}, "is taken"),
        ({"event": "DriftDelected"}, "no event of the bus"),
        ({"passes_over": frozenset({"holder"})}, "not all rules"),
    ):
        with pytest.raises(AssertionError, match=says):
            check_trigger(replace(sound, **changes))


def test_a_request_without_an_id_is_told_apart_by_its_event() -> None:
    asked = event_of(TRIGGERS.find("request"))
    assert TRIGGERS.find("request").told(asked) == Told("new prices", AS_OF, "q1")
    bare = {**asked, "detail": {"problem": "flights"}}
    assert TRIGGERS.find("request").told(bare) == Told("requested", None, "7")


@pytest.mark.parametrize(
    ("name", "run_id"),
    [
        ("readiness", "20130708T0000-readiness-bfc2f0"),
        ("drift", "20130708T0000-drift-c9e3ea"),
        ("performance", "20130708T0000-perf-9c37a2"),
        ("request", "20130708T0000-request-6fe979"),
    ],
)
def test_run_ids_stay_what_they_were(name: str, run_id: str) -> None:
    """As of July 8 of 2013 in the problem ``flights``, as runs on record are called."""
    assert name_run("flights", name, AS_OF) == run_id
