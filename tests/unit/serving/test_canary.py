"""When a challenger is promoted, dropped or watched on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from ghosteam.rollout.canary import SlotEvidence, judge, usual_ms
from ghosteam.rollout.sequential_test import evidence_of_more

RNG = np.random.default_rng(7)
NONE = np.array([])


def slot(
    calls: int = 300,
    errors: int = 0,
    latency: float = 10.0,
    low: float = 0.1,
    high: float = 0.5,
    *,
    rows: int = 1,
    failed_rows: int = 1,
) -> SlotEvidence:
    """``calls`` answered calls of ``rows`` rows each, ``errors`` failed ones of ``failed_rows``."""
    return SlotEvidence(
        outputs=RNG.uniform(low, high, (calls * rows, 1)),
        call_rows=np.full(calls, float(rows)),
        call_ms=RNG.uniform(0.5, 1, calls) * latency,
        failed_rows=np.full(errors, float(failed_rows)),
    )


def verdict(
    champion: SlotEvidence, challenger: SlotEvidence, watches: float = 1.0, **more: str
) -> tuple[str, str]:
    result = judge(
        champion,
        challenger,
        watches=watches,
        max_watches=4,
        **more,  # type: ignore[arg-type]
    )
    return result.verdict, result.reason


def test_a_challenger_without_fault_is_promoted_with_the_evidence() -> None:
    name, reason = verdict(slot(3000), slot(300))
    assert name == "promote"
    assert "300 rows in 300 calls, 0 failed (the champion's: 0 of 3000)" in reason


def test_a_challenger_is_watched_for_a_whole_watch() -> None:
    assert verdict(slot(), slot(), watches=0.9) == (
        "wait",
        "The watch is not over: 90% of it has passed",
    )


def test_failures_count_before_the_watch_is_over_and_with_few_rows() -> None:
    name, reason = verdict(slot(), slot(2, errors=3), watches=0.1)
    assert name == "roll_back"
    assert "3 of 5 calls to the challenger failed" in reason


def test_few_failures_among_many_calls_are_tolerated() -> None:
    assert verdict(slot(5000), slot(1000, errors=5))[0] == "promote"
    assert verdict(slot(5000), slot(1000, errors=50))[0] == "roll_back"


def test_failures_that_both_slots_have_are_not_the_challengers() -> None:
    assert verdict(slot(4500, errors=140), slot(500, errors=16))[0] == "promote"


def test_failures_are_counted_by_calls_however_many_rows_the_answered_calls_have() -> None:
    # 10 of 19 calls fail; of rows answered and failed requests it would be 1.1 %.
    assert verdict(slot(90, rows=900), slot(9, errors=10, rows=100))[0] == "roll_back"


def test_failures_of_large_calls_only_count_by_their_rows() -> None:
    champion = slot(9000)
    assert verdict(champion, slot(2000, errors=10))[0] == "promote"
    name, reason = verdict(champion, slot(2000, errors=10, failed_rows=1000))
    assert name == "roll_back"
    assert "83.3% of calls or rows" in reason


@pytest.mark.parametrize(
    ("watches", "expected"), [(1.0, "wait"), (3.9, "wait"), (4.0, "roll_back")]
)
def test_too_little_traffic_waits_and_then_is_what_the_problem_says(
    watches: float, expected: str
) -> None:
    name, reason = verdict(slot(), slot(10), watches, when_quiet="roll_back")
    assert name == expected
    assert "10 rows; 30 are needed" in reason
    promoted, reason = verdict(slot(), slot(10), watches, when_quiet="promote")
    assert promoted == ("promote" if expected == "roll_back" else "wait")
    assert promoted == "wait" or "rollout.when_quiet says promote" in reason


def test_a_quiet_challenger_that_failed_is_not_promoted() -> None:
    name, reason = verdict(slot(), slot(10, errors=1), 4.0, when_quiet="promote")
    assert name == "roll_back"
    assert "1 calls failed" in reason


def test_no_traffic_at_all_is_too_little() -> None:
    assert verdict(slot(0), slot(0))[0] == "wait"


def test_a_slow_challenger_is_rolled_back_but_not_for_a_few_milliseconds() -> None:
    assert verdict(slot(latency=10), slot(latency=90))[0] == "promote"
    name, reason = verdict(slot(latency=10), slot(latency=300))
    assert name == "roll_back"
    assert "calls to the challenger were slow" in reason
    assert verdict(slot(latency=200), slot(latency=500))[0] == "promote"


def test_slow_answers_that_both_slots_have_are_not_the_challengers() -> None:
    def some_slow(calls: int) -> SlotEvidence:
        times = np.where(np.arange(calls) % 25 == 0, 900.0, 10.0)
        return SlotEvidence(RNG.uniform(0, 1, (calls, 1)), np.ones(calls), times, NONE)

    assert verdict(some_slow(2700), some_slow(300))[0] == "promote"


def _of_sizes(sizes: np.ndarray, per_row: float, fixed: float = 8.0) -> SlotEvidence:
    times = (fixed + per_row * sizes) * RNG.uniform(0.9, 1.1, sizes.size)
    return SlotEvidence(
        RNG.uniform(0, 1, (int(sizes.sum()), 1)), sizes.astype(np.float64), times, NONE
    )


def test_times_are_compared_at_like_sizes_of_calls() -> None:
    champion = _of_sizes(RNG.integers(100, 1000, 300), per_row=1.0)
    small = RNG.integers(10, 100, 40)
    assert verdict(champion, _of_sizes(small, per_row=1.0))[0] == "promote"
    assert verdict(champion, _of_sizes(small, per_row=16.0))[0] == "roll_back"
    usual = usual_ms(champion, np.array([10.0, 100.0, 1000.0]))
    assert usual == pytest.approx([18 * 1.1, 108 * 1.1, 1008 * 1.1], rel=0.15)


def test_calls_of_one_size_say_only_that_smaller_calls_take_no_longer() -> None:
    champion = _of_sizes(np.full(100, 900), per_row=1.0)
    assert usual_ms(champion, np.array([100.0, 900.0, 1800.0])) == pytest.approx(
        [990, 990, 1980], rel=0.05
    )


def test_constant_scores_are_a_broken_model() -> None:
    broken = SlotEvidence(np.full((100, 1), 0.5), np.ones(100), np.full(100, 5.0), NONE)
    name, reason = verdict(slot(), broken)
    assert (name, reason) == ("roll_back", "The challenger gives every row the same: 0.5")


def test_a_few_events_that_are_asked_about_again_and_again_say_nothing_of_outputs() -> None:
    """Of twenty entities, each in one slot, as they come in a small service's traffic."""
    its = np.linspace(0.1, 0.3, 17)[:, None]
    calls = np.ones(120), np.full(120, 5.0)
    for own in (np.array([[0.5], [0.8], [0.9]]), np.array([[0.8]])):
        name, reason = verdict(SlotEvidence(its, *calls, NONE), SlotEvidence(own, *calls, NONE))
        assert name == "promote"
        assert f"one of both answered of {len(own)} events, and 30 are needed" in reason


def test_scores_of_a_retrained_model_may_shift_but_not_leave_the_range() -> None:
    assert verdict(slot(3000), slot(300, low=0.2, high=0.6))[0] == "promote"
    name, reason = verdict(slot(3000), slot(300, low=0.8, high=1.0))
    assert name == "roll_back"
    assert "Kolmogorov-Smirnov" in reason


def test_a_small_sample_is_given_the_benefit_of_chance() -> None:
    # At 30 rows against 100 chance alone explains a distance of 0.41 at level 0.001.
    assert verdict(slot(100, low=0.1, high=0.5), slot(30, low=0.4, high=0.8))[0] == "promote"


def test_without_a_champion_to_compare_the_challengers_own_record_decides() -> None:
    name, reason = verdict(slot(0), slot(100))
    assert name == "promote"
    assert "answered of 0 events, and 30 are needed" in reason


@given(st.integers(0, 40), st.integers(0, 200), st.integers(0, 40), st.integers(0, 200))
def test_the_evidence_is_the_mixture_of_all_larger_shares(
    bad: int, good: int, usual_bad: int, usual_good: int
) -> None:
    calls, usual_calls = bad + good, usual_bad + usual_good
    found = evidence_of_more(bad, calls, usual_bad, usual_calls)
    if not calls or not usual_calls:
        assert found == 1.0
        return
    usual = calls / (calls + usual_calls)

    def ratio(share: float) -> float:
        return math.exp(
            bad * math.log(share / usual) + usual_bad * math.log((1 - share) / (1 - usual))
        )

    naive = integrate.quad(
        ratio, usual, 1, limit=200, points=[min(max(bad / max(bad + usual_bad, 1), usual), 1)]
    )[0] / (1 - usual)
    assert found == pytest.approx(naive, rel=1e-5, abs=1e-12)


def test_looking_after_every_call_refuses_an_equal_slot_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(400):
        mine = rng.random(600) < 0.1
        failed = rng.random(600) < 0.05
        calls, bad = np.cumsum(mine), np.cumsum(mine & failed)
        usual_calls, usual_bad = np.cumsum(~mine), np.cumsum(~mine & failed)
        looks = np.flatnonzero(failed)
        refused += any(
            evidence_of_more(int(bad[i]), int(calls[i]), int(usual_bad[i]), int(usual_calls[i]))
            > 20
            for i in looks
        )
    assert refused <= 400 * 0.05 * 1.5


def test_of_several_outputs_one_that_is_far_apart_is_enough() -> None:
    outputs = RNG.dirichlet([2, 2, 2], 600)
    champion = replace(slot(calls=300), outputs=outputs[:300])
    same = replace(slot(calls=300), outputs=outputs[300:])
    turned = replace(slot(calls=300), outputs=np.clip(outputs[300:] * [1, 3, 0.2], 0, 1))
    assert verdict(champion, same)[0] == "promote"
    name, reason = verdict(champion, turned)
    assert name == "roll_back" and "outputs are" in reason
