"""Each window is answered by the model that a policy would have had, which knew no future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.errors import InvalidInput
from ghosteam.monitoring.windows import Span
from ghosteam.retraining.replay.history import Answers, Learned
from ghosteam.retraining.replay.policies import NAMES, policies
from tests.unit.retraining.replay.past import PRICE, ROWS, Past, end, past_problem, replayed

CALM = [20] * 10
SHIFTED = [10] * 5 + [34] * 5
WEEKS = st.integers(4, 9)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    count = draw(WEEKS)
    rates = draw(st.lists(st.integers(2, ROWS - 2), min_size=count, max_size=count))
    levels = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    return Past(rates, levels, late=draw(st.integers(0, 1)))


def test_never_has_one_model_and_always_a_fresh_one_each_window() -> None:
    found = replayed(Past(CALM, CALM), "never", "always")
    assert {step.model for step in found["never"].steps} == {end(2)}
    assert [step.model for step in found["always"].steps] == [
        step.window[0] for step in found["always"].steps
    ]
    assert (found["never"].runs, found["always"].runs) == (1, 8)


def test_scheduled_runs_after_every_so_many_windows() -> None:
    steps = replayed(Past(CALM, CALM), "scheduled", every=3)["scheduled"].steps
    assert [step.window[1] for step in steps if step.ran] == [end(5), end(8)]
    assert [step.model for step in steps] == [end(2)] * 3 + [end(5)] * 3 + [end(8)] * 2


def test_drift_runs_where_drift_is_sustained_and_somebody_is_asked_once_while_it_lasts() -> None:
    levels = [0] * 5 + [1] * 5
    found = replayed(Past(CALM, levels), "never", "drift")
    assert [step.window[1] for step in found["drift"].steps if step.ran] == [end(6)]
    assert found["never"].asked == found["drift"].asked == 1
    (asked,) = (step for step in found["never"].steps if step.asked)
    assert (asked.window[1], asked.asked) == (end(6), ("drift: x",))


def test_what_comes_again_after_a_calm_is_asked_again() -> None:
    levels = [0, 0, 0, 1, 1, 0, 1, 0, 0, 0]
    assert replayed(Past(CALM, levels), "never")["never"].asked == 2


def test_two_of_three_windows_are_needed_where_the_problem_says_so() -> None:
    problem = past_problem(("1 of 1", "2 of 3"))
    steps = replayed(Past(CALM, [0] * 5 + [1] * 5), "drift", problem=problem)["drift"].steps
    assert [step.window[1] for step in steps if step.ran] == [end(7)]


def test_performance_runs_when_outcomes_are_final_and_known_and_not_before() -> None:
    rates, levels = [10] * 5 + [34] * 6, [0] * 11
    for late, matures, moment in ((0, "0s", 6), (1, "0s", 7), (0, "7d", 7), (1, "7d", 7)):
        problem = past_problem(("matures: 0s", f"matures: {matures}"))
        found = replayed(Past(rates, levels, late=late), "performance", problem=problem)
        runs = [step.window[1] for step in found["performance"].steps if step.ran]
        assert runs == [end(moment)]


def test_a_window_is_judged_again_when_more_of_it_is_known() -> None:
    class HalfLate(Past):
        """Of each window's outcomes the first half is known at its end, and the rest later."""

        def answers(self, model: Learned, window: Span) -> Answers:
            answers = super().answers(model, window)
            known = answers.known_at.copy()
            known[ROWS // 2 :] += np.timedelta64(7, "D")
            return Answers(answers.target, answers.outputs, known)

    # Fewer than 30 outcomes are not judged: the other half decides.
    past = HalfLate([10] * 5 + [34] * 6, [0] * 11)
    steps = replayed(past, "performance")["performance"].steps
    assert [step.window[1] for step in steps if step.ran] == [end(7)]


def test_a_bad_window_that_is_known_late_is_not_hidden_by_a_good_one_after_it() -> None:
    class LateOnce(Past):
        """Of the sixth window nothing is known before the end of the seventh."""

        def answers(self, model: Learned, window: Span) -> Answers:
            answers = super().answers(model, window)
            late = np.timedelta64(7 if window[1] == end(6) else 0, "D")
            return Answers(answers.target, answers.outputs, answers.known_at + late)

    past = LateOnce([10] * 5 + [34] + [10] * 5, [0] * 11)
    steps = replayed(past, "performance")["performance"].steps
    assert [step.window[1] for step in steps if step.ran] == [end(7)]


def test_the_loops_rules_hold_back_what_is_wanted_and_say_why() -> None:
    problem = past_problem(("cooldown: 7d", "cooldown: 21d"))
    steps = replayed(Past(CALM, [0, 0, 1, 0, 1, 0, 1, 0, 1, 0]), "drift", problem=problem)
    held = [step for step in steps["drift"].steps if step.held]
    assert held and all("cool-down of 3w" in str(step.held) for step in held)
    free = replayed(Past(CALM, CALM), "always", problem=problem)["always"]
    assert free.runs == 8 and not any(step.held for step in free.steps)


def test_a_month_s_money_holds_back_and_somebody_is_asked_once() -> None:
    problem = past_problem(("max_usd_month: 10000", "max_usd_month: 2"))
    course = replayed(Past(CALM, range(10)), "drift", problem=problem)["drift"]
    asked = [text for step in course.steps for text in step.asked if text.startswith("no run")]
    assert asked and all("over retrain.max_usd_month" in text for text in asked)
    assert len(asked) < sum(step.held is not None for step in course.steps)


def test_a_model_that_needs_approval_asks_for_it() -> None:
    problem = past_problem(("{metric: brier}", "{metric: brier, approval: required}"))
    course = replayed(Past(CALM, CALM), "always", problem=problem)["always"]
    assert course.asked == course.runs - 1


def test_each_moments_model_is_made_once_for_all_policies() -> None:
    past = Past(SHIFTED, [0] * 5 + [1] * 5)
    replayed(past)
    assert len(past.learned) == len({*past.learned}) == 8


def test_a_policy_that_follows_the_drift_is_better_than_none() -> None:
    found = replayed(Past(SHIFTED, [0] * 10))
    never, always = found["never"].value, found["always"].value
    assert isinstance(never, float) and isinstance(always, float) and always < never


def test_a_history_that_is_too_short_is_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match="too few weeks"):
        replayed(Past(CALM[:3], CALM, ready_from=4))
    with pytest.raises(InvalidInput, match="no window"):
        replayed(Past([20], [0], ready_from=1))


def test_a_policy_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match="Known policies: never, always"):
        policies(["sometimes"], every=1, price=1.0)
    assert [one.name for one in policies([], every=1, price=1.0)] == [*NAMES]


@given(pasts())
def test_sums_agree(past: Past) -> None:
    found = replayed(past)
    assert {course.rows for course in found.values()} == {ROWS * (len(found["never"].steps))}
    for course in found.values():
        assert course.runs == len({step.model for step in course.steps})
        assert course.usd == pytest.approx(course.runs * PRICE)
        assert course.asked == sum(len(step.asked) for step in course.steps)
        assert all(step.model <= step.window[0] for step in course.steps)
        # A model serves until a run makes the next one.
        for step, later in zip(course.steps, course.steps[1:], strict=False):
            assert later.model == (step.window[1] if step.ran else step.model)
    assert found["never"].runs <= min(course.runs for course in found.values())
    assert found["always"].runs == max(course.runs for course in found.values())


@given(pasts(), st.data())
def test_no_policy_uses_an_outcome_of_the_future(past: Past, data: st.DataObject) -> None:
    count = len(past.rates)
    now = data.draw(st.integers(1, count), label="now")
    later = data.draw(st.lists(st.integers(2, ROWS - 2), min_size=count, max_size=count))
    moved = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    known = max(0, now - past.late)
    other = Past(
        [*past.rates[:known], *later[known:]], [*past.levels[:now], *moved[now:]], late=past.late
    )
    ours, theirs = replayed(past), replayed(other)
    for name in NAMES:
        pairs = zip(ours[name].steps, theirs[name].steps, strict=True)
        for one, another in ((a, b) for a, b in pairs if a.window[1] <= end(now)):
            assert one.model == another.model
            # At the last end nothing is decided, in both.
            assert (one.asked, one.ran, one.held) == (another.asked, another.ran, another.held)
