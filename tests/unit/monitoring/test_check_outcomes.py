"""The check of outcomes: whether they came as they did, from batches and the log."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from ghosteam.documents import state_keys
from ghosteam.documents.outcome_verdict import OutcomeVerdict
from ghosteam.monitoring.jumps import BACK
from ghosteam.problem.lengths import days
from ghosteam.steps.check_performance import check_performance
from tests import documents
from tests.drifting import of
from tests.labelled import (
    BEGIN,
    END,
    NOW,
    WEEK,
    adapters,
    arrived,
    flights_frame,
    land,
    metric,
    outcome_verdict,
    predict,
)


def test_outcomes_that_came_otherwise_in_two_windows_ask_for_somebody(served, flights, capsys):
    for number, begin in enumerate((BEGIN, BEGIN + WEEK)):
        late = flights_frame(flights, 1_000, seed=number).with_columns(
            pl.col("time_hour") + (begin - BEGIN),
            day=pl.lit(4 + 7 * number, pl.Int64),
            # Every fourth flight is late too: the model said nothing of it.
            arr_delay=pl.when(pl.int_range(pl.len()) % 4 == 0).then(60.0).otherwise("arr_delay"),
        )
        said = late.with_columns(arr_delay=flights_frame(flights, 1_000, seed=number)["arr_delay"])
        predict(served, said, good=True, named=str(number))
        land(served, late, f"b{number}", end=begin + WEEK + timedelta(days=1))
    check_performance(flights, window_ends=[END], now=NOW, adapters=adapters(served))
    first = outcome_verdict(served)
    assert {"outcome late", "calibration late"} <= set(first.drifted_features)
    assert not first.sustained
    assert metric(capsys.readouterr().out, "OutcomeDriftSustained") == [0]
    check_performance(flights, window_ends=[END + WEEK], now=NOW, adapters=adapters(served))
    second = outcome_verdict(served, END + WEEK)
    assert {"outcome late", "calibration late"} <= set(second.sustained_features)
    assert metric(capsys.readouterr().out, "OutcomeDriftSustained") == [1]
    [event] = [one for one in served.bus.events if one.type == "DriftDetected"]
    assert "calibration late" in event.detail()["features"]
    errors = [of(one, "loss of late") for one in (first, second)]
    assert all(one.drifted and not one.matters for one in errors), "it tells, and has no vote"
    assert first.larger_errors and second.larger_errors
    assert second.larger_errors.since == first.larger_errors.since < END
    assert second.larger_errors.rows == first.larger_errors.rows + (second.rows or 0)
    assert event.detail()["as_of"] == (END + WEEK).isoformat()


def test_outcomes_are_compared_with_those_of_windows_shortly_before(served, flights):
    usual = {"late": 225, "not late": 675}
    for back in BACK:
        end = END - back * WEEK
        served.state.put(
            "flights",
            state_keys.OUTCOME_VERDICTS / end.isoformat(),
            OutcomeVerdict(window_start=end - WEEK, window_end=end, model_version="1", came=usual),
        )
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)
    check_performance(flights, window_ends=[END], now=NOW, adapters=adapters(served))
    verdict = outcome_verdict(served)
    assert sum(verdict.came.values()) == verdict.rows == 900
    jump = of(verdict, "jump of late")
    assert (jump.method, jump.role, jump.drifted) == ("label_jump", "outcome", False)
    assert (jump.told or "").endswith("was 25.0% shortly before")


def test_outcomes_are_compared_when_they_are_mature_and_enough(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)
    target = flights.target.model_copy(update={"matures": days(4_000)})
    early = flights.model_copy(update={"target": target})
    check_performance(early, window_ends=[END], now=NOW, adapters=adapters(served))
    assert not list(served.state.list("flights", state_keys.OUTCOME_VERDICTS))
    few = END - WEEK
    check_performance(flights, window_ends=[few], now=NOW, adapters=adapters(served))
    assert "fewer than the 200" in (outcome_verdict(served, few).undetermined or "")


def test_a_model_without_digests_is_judged_by_its_performance_alone(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)
    [routing] = served.state.list("flights", state_keys.ROUTING)
    champion = documents.slot("1", metrics={"roc_auc": 0.7}, digests={})
    served.state.replace("flights", routing, documents.routing(champion))
    [verdict] = arrived(served, flights)
    assert verdict.undetermined is None
    assert "no digest on record" in (outcome_verdict(served).undetermined or "")
