"""The gate of train/serve parity."""

from __future__ import annotations

import numpy as np
import pytest

from ghosteam.documents.parity import FeatureParity, Parity
from ghosteam.learning.parity_gate import lower_bound, parity_gate
from ghosteam.problem.promote import ParityLimits

LIMITS = ParityLimits()


def served(rows: int = 1_000, **features: FeatureParity) -> Parity:
    stored = dict.fromkeys(features, FeatureParity(500))
    return Parity(served=features, served_rows=rows, stored=stored)


def test_equal_sides_pass_and_say_what_was_compared():
    gate = parity_gate(served(temp=FeatureParity(1_000)), LIMITS)
    assert gate.passed and not gate.asks
    assert gate.reason == "1,000 served rows against the training set; all equal"


def test_before_there_is_a_log_the_store_is_compared_and_the_rows_that_are_needed_are_told():
    gate = parity_gate(Parity(stored={"temp": FeatureParity(500)}, newer=3), LIMITS)
    assert gate.passed
    assert gate.reason == (
        "500 rows of the online store against the training set, without 3 values of newer data "
        "(the log has 0 rows of its events, 200 of a feature are needed); all equal"
    )


def test_a_feature_that_the_log_has_hardly_seen_is_judged_by_the_store():
    parity = Parity(
        served={"old": FeatureParity(900), "new": FeatureParity(20, null_online=20)},
        served_rows=900,
        stored={"old": FeatureParity(500, different=500), "new": FeatureParity(500)},
    )
    gate = parity_gate(parity, LIMITS)
    assert gate.passed and "online store against the training set for new" in gate.reason


def test_a_feature_that_is_missing_online_is_named_and_a_person_is_asked():
    found = {"week": FeatureParity(1_000, null_online=980), "temp": FeatureParity(1_000, late=30)}
    gate = parity_gate(served(**found), LIMITS)
    assert gate.passed and gate.asks
    assert "week null online in 98.0%, over 10.0%; temp late in 3.0%" in gate.reason
    assert "when_not_online: approve" in gate.reason
    assert (gate.measured, gate.limit) == (0.98, 0.1)


@pytest.mark.parametrize(("setting", "passed"), [("promote", True), ("refuse", False)])
def test_the_setting_says_what_becomes_of_data_that_come_too_late(setting, passed):
    limits = ParityLimits(when_not_online=setting)
    gate = parity_gate(served(week=FeatureParity(1_000, null_online=980)), limits)
    assert (gate.passed, gate.asks) == (passed, False)
    assert "week null online in 98.0%" in gate.reason


def test_a_feature_that_is_late_is_told_and_judged_where_a_limit_is_set():
    late = served(week=FeatureParity(1_000, late=900))
    gate = parity_gate(late, LIMITS)
    assert gate.passed and not gate.asks and "week late in 90.0%" in gate.reason
    assert parity_gate(late, ParityLimits(max_late=0.5)).asks


def test_what_is_different_refuses_whatever_the_setting():
    both = FeatureParity(1_000, null_online=500, different=200)
    gate = parity_gate(served(week=both), ParityLimits(when_not_online="promote"))
    assert not gate.passed and "week different in 20.0%, over 1.0%" in gate.reason


def test_no_feature_to_compare_is_no_gate_and_no_row_is_undetermined():
    assert parity_gate(Parity(), LIMITS) is None
    gate = parity_gate(Parity(stored={"temp": FeatureParity()}), LIMITS)
    assert not gate.passed and gate.measured is None
    assert "the log has 0 rows, 200 are needed" in gate.reason
    newer = parity_gate(Parity(stored={"temp": FeatureParity()}, newer=500), LIMITS)
    assert newer.passed and "data newer than the plan" in newer.reason


def test_a_share_within_its_limit_is_seldom_taken_for_one_beyond():
    random = np.random.default_rng(0)
    refused = sum(
        not parity_gate(
            served(**{f"f{i}": FeatureParity(400, different=int(n)) for i, n in enumerate(draw)}),
            LIMITS,
        ).passed
        for draw in random.binomial(400, 0.01, (400, 30))
    )
    assert refused / 400 < 0.1


def test_the_lower_bound_is_wilsons():
    # Newcombe 1998, table I, method 3: 81 of 263 at two-sided 95 %, which is one-sided 97.5 %.
    assert lower_bound(81, 263, 2) == pytest.approx(0.2553, abs=5e-5)
    assert lower_bound(0, 10, 1) == 0.0 and lower_bound(10, 10, 1) < 1
