"""A channel is told of a condition once, until it changes, and of nothing late or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ghosteam.alerting.routes import Route, route_of
from ghosteam.alerting.standing import (
    GIVEN_UP,
    KEPT,
    SETTLED,
    after_telling,
    is_due,
    is_end_of_nothing,
    is_forgotten,
    is_pending,
    is_told_now,
    noted,
)
from ghosteam.channels.alert import Alert
from ghosteam.documents.alert_state import AlertState
from tests.alerts import AT, alert

ROUTE = route_of({"channel": "slack", "secret": "s"})
AT_NIGHT = route_of({"channel": "slack", "secret": "s", "quiet": "11:00-13:00 UTC"})
MINUTE = timedelta(minutes=1)


def raised(minute: int = 0, **changed: object) -> Alert:
    at = AT + minute * MINUTE
    return alert(since=at, at=at, **changed)


def cleared(minute: int, **changed: object) -> Alert:
    at = AT + minute * MINUTE
    return alert(state="cleared", since=at, until=at, at=at, **changed)


def told(known: AlertState, now: datetime) -> AlertState:
    assert is_told_now(known, now)
    return after_telling(known, known.alert, now)


def test_a_condition_is_told_at_once_and_once() -> None:
    known = noted(None, raised(), ROUTE, AT)
    assert is_told_now(known, AT) and not is_due(known, AT), "the clock has no part in it"
    known = told(known, AT)
    assert noted(known, raised(), ROUTE, AT) == known, "the same message again"
    again = noted(known, raised(5), ROUTE, AT + 5 * MINUTE)
    assert not is_pending(again) and again.alert.since == AT, "it has held since"


def test_a_worse_one_is_told_again() -> None:
    known = told(noted(None, raised(), ROUTE, AT), AT)
    assert is_told_now(noted(known, raised(1, severity="critical"), ROUTE, AT), AT)
    assert is_told_now(noted(known, raised(1, what="something else"), ROUTE, AT), AT)


def test_an_end_is_told_when_it_has_lasted() -> None:
    known = told(noted(None, raised(), ROUTE, AT), AT)
    known = noted(known, cleared(20), ROUTE, AT + 20 * MINUTE)
    assert not is_told_now(known, AT + 29 * MINUTE)
    assert is_due(known, AT + 20 * MINUTE + SETTLED)
    assert (known.alert.since, known.alert.until) == (AT, AT + 20 * MINUTE)
    known = told(known, AT + 30 * MINUTE)
    later = noted(known, raised(60), ROUTE, AT + 60 * MINUTE)
    assert is_told_now(later, AT + 60 * MINUTE) and later.alert.since == AT + 60 * MINUTE


def test_what_comes_and_goes_is_told_once() -> None:
    known = told(noted(None, raised(), ROUTE, AT), AT)
    for minute in range(5, 65, 10):
        known = noted(known, cleared(minute), ROUTE, AT + minute * MINUTE)
        assert not is_told_now(known, AT + minute * MINUTE)
        known = noted(known, raised(minute + 5), ROUTE, AT + (minute + 5) * MINUTE)
        assert not is_pending(known) and known.alert.since == AT


def test_an_end_of_nothing_is_none() -> None:
    assert is_end_of_nothing(None, cleared(0)) and not is_end_of_nothing(None, raised())
    assert not is_end_of_nothing(noted(None, raised(), ROUTE, AT), cleared(1))


def test_messages_out_of_order_leave_the_newest() -> None:
    known = noted(noted(None, raised(0), ROUTE, AT), cleared(10), ROUTE, AT)
    assert noted(known, raised(5), ROUTE, AT) == known


def test_what_waits_for_the_end_of_the_quiet_is_told_as_it_has_become() -> None:
    known = noted(None, raised(), AT_NIGHT, AT)
    assert (known.due, known.quiet) == (AT + 60 * MINUTE, True)
    assert not is_told_now(known, AT + 59 * MINUTE)
    over = noted(known, cleared(10), AT_NIGHT, AT + 10 * MINUTE)
    assert over.due == AT + 60 * MINUTE and is_due(over, over.due)
    assert (over.alert.state, over.alert.since, over.alert.until) == (
        "cleared",
        AT,
        AT + 10 * MINUTE,
    )
    assert not told(over, AT + 60 * MINUTE).quiet


def test_what_is_critical_breaks_the_quiet() -> None:
    known = noted(None, raised(severity="critical"), AT_NIGHT, AT)
    assert known.due is None and is_told_now(known, AT)
    held = noted(None, raised(), AT_NIGHT, AT)
    worse = noted(held, raised(1, severity="critical"), AT_NIGHT, AT + MINUTE)
    assert is_told_now(worse, AT + MINUTE)


def test_news_are_told_once_and_forgotten_when_they_are_old() -> None:
    news = alert(state="news")
    known = told(noted(None, news, ROUTE, AT), AT)
    assert not is_forgotten(known, AT + KEPT)
    assert is_forgotten(known, AT + KEPT + MINUTE)
    other = noted(known, replace(news, at=AT + MINUTE, details=("more",)), ROUTE, AT)
    assert is_told_now(other, AT)


def test_what_holds_is_remembered_and_what_nobody_could_be_told_is_given_up() -> None:
    known = noted(None, raised(), ROUTE, AT)
    assert not is_forgotten(known, AT + GIVEN_UP) and is_forgotten(known, AT + GIVEN_UP + MINUTE)
    assert not is_forgotten(told(known, AT), AT + timedelta(days=400))


def test_what_changed_while_the_channel_was_told_is_told_too() -> None:
    known = told(noted(None, raised(), ROUTE, AT), AT)
    ended = noted(known, cleared(1), ROUTE, AT + MINUTE)
    late = after_telling(ended, raised(), AT + MINUTE)
    assert is_pending(late) and late.due == ended.due


STEPS = st.lists(
    st.tuples(
        st.integers(1, 40), st.sampled_from(["raised", "cleared"]), st.booleans(), st.booleans()
    ),
    max_size=25,
)


@settings(deadline=None)
@given(STEPS, st.sampled_from([ROUTE, AT_NIGHT]), st.sampled_from(["warning", "critical"]))
def test_whatever_comes_the_channel_ends_up_knowing_the_truth(
    steps: list[tuple[int, str, bool, bool]], route: Route, severity: str
) -> None:
    """Each step: minutes that pass, what comes then, whether it comes twice, whether telling
    fails. Never are two messages in a row the same, and quiet hours are kept.
    """
    known: AlertState | None = None
    heard: list[tuple[str, datetime]] = []

    def tell(now: datetime, fails: bool = False) -> None:
        nonlocal known
        if known and is_told_now(known, now) and not fails:
            heard.append((known.alert.state, now))
            known = after_telling(known, known.alert, now)

    minute = 0
    for passed, state, twice, fails in steps:
        for _ in range(passed):
            minute += 1
            if known and is_due(known, AT + minute * MINUTE):
                tell(AT + minute * MINUTE)
        now = AT + minute * MINUTE
        come = raised if state == "raised" else cleared
        for _ in range(1 + twice):
            if not is_end_of_nothing(known, come(minute)):
                known = noted(known, come(minute, severity=severity), route, now)
        tell(now, fails)
        tell(now)  # the queue brings it again
    end = AT + timedelta(days=1, minutes=minute)
    tell(end)
    if known:
        assert not is_pending(known)
    states = [state for state, _ in heard]
    assert all(one != other for one, other in pairwise(states))
    was_raised = any(state == "raised" for _, state, _, _ in steps)
    assert bool(heard) == was_raised
    if heard:
        assert states[-1] == steps[-1][1]
    for _, now in heard:
        quiet = route.quiet and severity != "critical" and now != end
        assert not (quiet and route.quiet and route.quiet.end_of(now))
