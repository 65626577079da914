"""The performance check: outcomes from validated batches meet predictions from the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from cli.facts.verdicts import of_verdict
from ghosteam.documents import state_keys
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.routing import Routing
from ghosteam.problem.lengths import Length, days
from ghosteam.retraining.triggers.trigger import TRIGGERS
from ghosteam.steps.check_performance import check_performance
from tests import documents
from tests.labelled import (
    BEGIN,
    END,
    NOW,
    adapters,
    arrived,
    flights_frame,
    land,
    outcome_verdict,
    predict,
)
from tests.metrics import published


def test_labels_that_arrive_for_a_good_model_give_a_verdict_and_no_event(served, flights, capsys):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert verdict.window_end == END and verdict.labels == 900
    assert not verdict.degraded and verdict.value > 0.9
    assert (
        served.state.get("flights", state_keys.PERFORMANCE_VERDICTS / END.isoformat()).data
        == verdict
    )
    assert served.bus.events == []
    told = published(capsys.readouterr().out)
    assert (told["PerformanceDegraded"], told["Performance"]) == (0, verdict.value)
    assert told["LabelCoverage"] == 0.9 and 0.2 < told["LabelSummary"] < 0.3
    assert told["PerformanceLower"] <= verdict.value <= told["PerformanceUpper"]
    assert outcome_verdict(served).drifted_features == ()


def test_a_model_that_lost_its_signal_makes_a_metric_and_an_event(served, flights, capsys):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert verdict.degraded and verdict.limit == pytest.approx(0.67)
    [event] = served.bus.events
    assert event.type == "PerformanceDegraded" and event.detail()["as_of"] == END.isoformat()
    assert event.detail()["version"] == 1 and event.detail()["model_version"] == "1"
    told = published(capsys.readouterr().out)
    assert (told["PerformanceDegraded"], told["PerformanceLimit"]) == (1, verdict.limit)
    assert set(outcome_verdict(served).drifted_features) == {"calibration late", "loss of late"}


def test_predictions_of_another_version_do_not_judge_the_champion(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False, version="2")
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert verdict.undetermined.startswith("0 predictions have their outcome")


def test_a_model_no_better_than_a_constant_is_degraded_whatever_drop_is_allowed(served, flights):
    def measured(routing: Routing) -> Routing:
        return replace(routing, champion=replace(routing.champion, knowing_nothing=0.5))

    served.state.update("flights", state_keys.ROUTING, measured)
    allowed = flights.watch.performance.model_copy(update={"max_drop": 0.9})
    watch = flights.watch.model_copy(update={"performance": allowed})
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    [verdict] = arrived(served, flights.model_copy(update={"watch": watch}))
    # Of the hold-out's (0.7 - 0.5) / (1 - 0.5), half may be lost.
    assert verdict.degraded and verdict.skill_limit == pytest.approx(0.2)
    assert verdict.skill < verdict.skill_upper < verdict.skill_limit
    [event] = served.bus.events
    assert event.ids["skill"] == verdict.skill
    bus = {"detail-type": event.type, "detail": event.detail()}
    assert "its skill of" in TRIGGERS.find("performance").told(bus).detail


def test_challenger_and_previous_stand_beside_the_champion_of_a_window(served, flights):
    frame = flights_frame(flights, 1_000)
    metrics = {"roc_auc": 0.7}

    def on_trial(routing: Routing) -> Routing:
        others = documents.challenger("2", metrics=metrics), documents.slot("0", metrics=metrics)
        return replace(routing, challenger=others[0], replaced=others[1])

    served.state.update("flights", state_keys.ROUTING, on_trial)
    predict(served, frame.head(700), good=False)
    predict(served, frame.slice(700, 280), good=True, version="2")
    predict(served, frame.tail(20), good=True, version="0")
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert verdict.degraded and verdict.predictions == 700, "the champion's alone decide"
    [beside] = verdict.beside
    assert (beside.role, beside.version) == ("challenger", "2")
    assert beside.lower <= beside.value <= beside.upper and beside.value > 0.9
    assert 200 < beside.labels < 280, "of the one before there are too few"
    told = of_verdict(verdict).text
    assert f"version 2, challenger: {beside.value:.4f} (" in told


def test_a_correction_that_landed_later_replaces_the_outcome(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame, "b1")
    land(
        served,
        frame.with_columns(arr_delay=pl.when(pl.col("arr_delay") > 15).then(0.0).otherwise(60.0)),
        "b2",
    )
    [verdict] = check_performance(flights, window_ends=[END], now=NOW, adapters=adapters(served))
    assert verdict.value < 0.1


def test_a_batch_of_a_looked_up_data_set_or_that_ends_no_window_judges_nothing(served, flights):
    land(served, flights_frame(flights, 10), end=BEGIN + timedelta(days=2))
    assert arrived(served, flights) == []
    assert arrived(served, flights, dataset="weather") == []
    assert arrived(served, flights, batch_id="unknown") == []


def test_too_few_labels_store_an_undetermined_verdict(served, flights):
    frame = flights_frame(flights, 100)
    predict(served, frame, good=True)
    land(served, frame)
    [verdict] = arrived(served, flights)
    assert (
        verdict.undetermined
        == "90 predictions have their outcome, fewer than the 500 that are needed"
    )
    assert not verdict.degraded and served.bus.events == []


@pytest.mark.parametrize("asked", [{"expr": "arr_delay > 60"}, {"name": "delayed"}])
def test_outcomes_that_the_champion_did_not_learn_do_not_judge_it(served, flights, asked):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    definition = documents.keep_definition(served.artifacts, flights)

    def learned(routing: Routing) -> Routing:
        return replace(routing, champion=replace(routing.champion, definition=definition))

    served.state.update("flights", state_keys.ROUTING, learned)
    target = flights.target.model_copy(update=asked)
    [verdict] = arrived(served, flights.model_copy(update={"target": target}))
    assert (verdict.predictions, verdict.damaged_records) == (1000, 0)
    if "expr" in asked:
        assert "learned another outcome" in verdict.undetermined
        assert (verdict.labels, verdict.estimated, served.bus.events) == (0, None, [])
        assert not list(served.state.list("flights", state_keys.OUTCOME_VERDICTS))
    else:
        assert verdict.labels == 900 and verdict.degraded, "a name alone says nothing else"


def test_a_window_is_judged_when_its_outcomes_are_mature_and_says_before_how_many_there_are(
    served, flights
):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)

    def judged(**target) -> PerformanceVerdict:
        changed = flights.model_copy(update={"target": flights.target.model_copy(update=target)})
        [verdict] = check_performance(
            changed, window_ends=[END], now=NOW, adapters=adapters(served)
        )
        return verdict

    early = judged(matures=Length(0, NOW - END + timedelta(days=1)))
    assert early.undetermined == (
        "its outcomes are mature at 2024-05-21 08:00 UTC; 900 of 1000 predictions have one so far"
    )
    assert (early.labels, early.predictions, early.degraded) == (900, 1000, False)
    mature = judged(matures=Length(0, NOW - END))
    assert mature.undetermined is None and mature.labels == 900
    absent = judged(matures=days(3), absent=0)
    assert (absent.labels, absent.predictions) == (1000, 1000)
