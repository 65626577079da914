"""What is expected of a window, beside what comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ghosteam.documents import state_keys
from ghosteam.errors import Defect
from ghosteam.problem.lengths import days
from ghosteam.steps.check_performance import check_performance, check_what_waits
from ghosteam.steps.expected_performance import needed_features
from ghosteam.steps.windows_to_judge import WindowsToJudge, windows_due
from tests.labelled import (
    BEGIN,
    END,
    NOW,
    WEEK,
    adapters,
    arrived,
    flights_frame,
    land,
    predict,
)


def test_something_is_expected_before_outcomes_are_there_and_compared_with_them(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame)
    target = flights.target.model_copy(update={"matures": days(4_000)})
    early = flights.model_copy(update={"target": target})
    [before] = check_performance(early, window_ends=[END], now=NOW, adapters=adapters(served))
    assert "mature at" in before.undetermined and before.estimate_error is None
    assert before.estimated.rows == 1_000 and before.estimated.method == "confidence"
    [after] = check_performance(flights, window_ends=[END], now=NOW, adapters=adapters(served))
    assert after.estimated == before.estimated
    assert after.estimate_error == pytest.approx(after.estimated.value - after.value)
    assert abs(after.estimate_error) < 0.03


def test_of_a_regression_errors_are_expected_by_the_features_that_were_logged(served, flights):
    promote = flights.promote.model_copy(update={"metric": "rmse", "slices": ()})
    changed = flights.model_copy(update={"task": "regression", "promote": promote})
    assert needed_features(changed) == ("features",), "errors depend on them"
    assert needed_features(flights) == ("features",), "slices are told by them"
    uncut = flights.promote.model_copy(update={"slices": ()})
    assert needed_features(flights.model_copy(update={"promote": uncut})) == ()


def test_without_a_batch_the_newest_mature_window_and_the_newest_one_are_looked_at(flights):
    now = END + timedelta(days=1)
    assert windows_due(flights, now) == [END]
    target = flights.target.model_copy(update={"matures": days(10)})
    late = flights.model_copy(update={"target": target})
    assert windows_due(late, now) == [END - 2 * WEEK, END]


def test_the_newest_events_are_judged_by_the_clock_though_nothing_past_their_window_is_known(
    served, flights
):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=True)
    land(served, frame, end=BEGIN + timedelta(hours=1))
    assert END not in {verdict.window_end for verdict in arrived(served, flights)}
    waiting = WindowsToJudge(flights, served.state)
    assert END not in waiting.newest(END - timedelta(hours=1)), "it is not over"
    waiting.add_newest(NOW)
    judged = {
        verdict.window_end: verdict
        for verdict in check_what_waits(flights, now=NOW, adapters=adapters(served))
    }
    assert judged[END].value is not None and judged[END].labels == 900


def test_performance_is_told_though_the_reference_was_changed(served, flights):
    frame = flights_frame(flights, 1_000)
    predict(served, frame, good=False)
    land(served, frame)
    served.artifacts.put_json("reference.json", {})
    with pytest.raises(Defect, match="changed after it was put on record"):
        arrived(served, flights)
    stored = served.state.get("flights", state_keys.PERFORMANCE_VERDICTS / END.isoformat()).data
    assert stored.degraded and stored.estimated is None
    assert [event.type for event in served.bus.events] == ["PerformanceDegraded"]
