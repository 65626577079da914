"""A verdict fits into an item of the state table, however many things a window has."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ghosteam.aws.state import MOST_CHARACTERS
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict, FeatureMeasured, Role
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.verdicts import FIRST, MOST_USED, cumulated, verdict_of
from ghosteam.problem.watch import Watch
from tests import documents
from tests.accounts import memory_account

MANY = 2_000
DAY = timedelta(days=1)


def measured(number: int, role: Role = "feature", *, drifted: bool = True) -> FeatureMeasured:
    """As a window of flights has it; the later ones are used more."""
    return FeatureMeasured(
        name=f"{role}_weather_precipitation_mean_28d_{number:04}",
        role=role,
        method="wasserstein_distance",
        statistic=0.38271604938271603,
        p=1.2345678901234567e-09,
        effect=2.0 - number / MANY,
        told="median 21.512345 (9.123456 to 30.98765), was 12.123456 (2.123456 to 22.654321)",
        importance=number / MANY**2,
        matters=True,
        drifted=drifted,
        undetermined=None,
    )


def judged(*features: FeatureMeasured) -> WindowDrift:
    sums = {one.name: 8.123456789012345 for one in features}
    return WindowDrift(500, features, sums, {})


def verdict(found: WindowDrift, *earlier: DriftVerdict, end: datetime = documents.DAY):
    blank = DriftVerdict(window_start=end - DAY, window_end=end, model_version="1")
    return verdict_of(blank, found, earlier, Watch())


@pytest.mark.parametrize("drifted", [True, False])
def test_a_verdict_of_two_thousand_features_is_stored_and_votes(drifted: bool) -> None:
    everything = judged(*(measured(n, drifted=drifted) for n in range(MANY)))
    first = verdict(everything)
    second = verdict(everything, first, end=documents.DAY + DAY)
    assert len(second.sustained_features) == len(second.drifted_features) == MANY * drifted
    assert len(json.dumps(second.to_json())) < MOST_CHARACTERS
    key = state_keys.DRIFT_VERDICTS / second.window_end.isoformat()
    with memory_account() as account:
        account.state.put("flights", key, second)
        assert account.state.find("flights", key) == second
    again = verdict(everything, second, end=documents.DAY + 2 * DAY)
    assert len(again.sustained_features) == MANY * drifted
    sums = cumulated([first, second], documents.DAY + DAY)
    assert len(sums) == MANY and set(sums.values()) == {8.123}


def test_what_stayed_out_is_counted_and_what_is_looked_at_first_and_used_most_is_told() -> None:
    features = [measured(n, drifted=n < 100) for n in range(MANY)]
    outputs = [measured(n, "output", drifted=False) for n in range(MANY)]
    found = verdict(judged(*features, *outputs))
    names = [one.name for one in features]
    assert [one.name for one in found.features] == [
        *names[:FIRST],
        *names[-MOST_USED:],
        *(one.name for one in outputs[:FIRST]),
    ]
    assert found.left_out == 2 * MANY - len(found.features)
    assert found.drifted_features == tuple(names[:100]) and found.share == 100 / MANY
    few = judged(*features[:MOST_USED])
    assert verdict(few).features == few.features and verdict(few).left_out == 0


def test_only_sums_over_nothing_are_kept() -> None:
    found = replace(judged(), cumulated={"temp": 0.0, "wind": 1.23456, "dew": 0.0001})
    assert verdict(found).cumulated == {"wind": 1.235}


def test_a_verdict_on_the_outcomes_of_many_classes_is_bounded_too() -> None:
    blank = OutcomeVerdict(
        window_start=documents.DAY - DAY, window_end=documents.DAY, model_version="1"
    )
    found = judged(*(measured(n, "calibration") for n in range(MANY)))
    kept = verdict_of(blank, found, (), Watch())
    assert len(kept.features) == FIRST
    assert len(json.dumps(kept.to_json())) < MOST_CHARACTERS


def test_the_sums_of_a_verdict_before_are_read() -> None:
    before = {
        "name": "temp",
        **dict.fromkeys(("method", "statistic", "p", "effect", "told", "importance")),
        "undetermined": None,
        "role": "feature",
        "matters": True,
        "drifted": False,
    }
    body = documents.drift_verdict().to_json()
    del body["cumulated"], body["left_out"]
    features = [{**before, "cumulated": 4.5}, {**before, "name": "wind", "cumulated": None}]
    older = {**body, "schema_version": 4, "features": features}
    assert DriftVerdict.from_json(older).cumulated == {"temp": 4.5}
    outcomes = OutcomeVerdict.from_json({**older, "schema_version": 1})
    assert outcomes.cumulated == {"temp": 4.5}
