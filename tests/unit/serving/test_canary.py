"""When a challenger is promoted, dropped or watched on."""

import numpy as np
import pytest

from ghosteam.serving.canary import SlotEvidence, judge

RNG = np.random.default_rng(7)


def slot(rows: int = 300, errors: int = 0, latency: float = 10.0, low: float = 0.1, high: float = 0.5) -> SlotEvidence:
    return SlotEvidence(RNG.uniform(low, high, rows), RNG.uniform(0.5, 1, rows) * latency, errors)


def verdict(champion: SlotEvidence, challenger: SlotEvidence, watches: float = 1.0) -> tuple[str, str]:
    result = judge(champion, challenger, watches=watches, max_watches=4)
    return result.verdict, result.reason


def test_a_challenger_without_fault_is_promoted_with_the_evidence() -> None:
    name, reason = verdict(slot(3000), slot(300))
    assert name == "promote"
    assert "300 rows" in reason


def test_a_challenger_is_watched_for_a_whole_watch() -> None:
    assert verdict(slot(), slot(), watches=0.9) == ("wait", "The watch is not over: 90% of it has passed")


def test_failures_count_before_the_watch_is_over_and_with_few_rows() -> None:
    assert verdict(slot(), slot(2, errors=3), watches=0.1)[0] == "roll_back"


def test_few_failures_among_many_rows_are_tolerated() -> None:
    assert verdict(slot(5000), slot(1000, errors=5))[0] == "promote"
    assert verdict(slot(5000), slot(1000, errors=50))[0] == "roll_back"


@pytest.mark.parametrize(("watches", "expected"), [(1.0, "wait"), (3.9, "wait"), (4.0, "roll_back")])
def test_too_little_traffic_waits_and_rolls_back_after_four_watches(watches: float, expected: str) -> None:
    name, reason = verdict(slot(), slot(10), watches)
    assert name == expected
    assert "10 rows; 30 are needed" in reason


def test_no_traffic_at_all_is_too_little() -> None:
    assert verdict(slot(0), slot(0))[0] == "wait"


def test_a_slow_challenger_is_rolled_back_but_not_for_a_few_milliseconds() -> None:
    assert verdict(slot(latency=10), slot(latency=90))[0] == "promote"
    assert verdict(slot(latency=10), slot(latency=200))[0] == "roll_back"
    assert verdict(slot(latency=200), slot(latency=500))[0] == "promote"


def test_constant_scores_are_a_broken_model() -> None:
    broken = SlotEvidence(np.full(100, 0.5), np.full(100, 5.0), 0)
    name, reason = verdict(slot(), broken)
    assert (name, reason) == ("roll_back", "The challenger gives every row the score 0.5")


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
    assert "too few to compare" in reason
