"""The drift check with a reference that is made of what was served before."""

from __future__ import annotations

import polars as pl
import pytest

from ghosteam.monitoring.reference import build_reference
from ghosteam.problem.timeexpr import NO_TIME
from ghosteam.steps.drift_reference import compared_with
from tests.unit.monitoring.test_check_drift import (
    AS_OF,
    WEEK,
    account,
    check,
    log,
    problem,
    rows,
    serve,
)

__all__ = ["account", "problem"]


def watching(problem, reference):
    return problem.model_copy(
        update={"watch": problem.watch.model_copy(update={"reference": reference})}
    )


def test_what_has_been_so_for_weeks_is_no_drift_from_a_rolling_reference(account, problem):
    serve(account)
    for number in range(6):
        log(account, rows(AS_OF - number * WEEK, 300, shift=6, seed=number), f"week-{number}")
    assert "hour" in check(account, problem, AS_OF + WEEK).drifted_features
    verdict = check(account, watching(problem, "rolling"), AS_OF + WEEK)
    assert "hour" not in verdict.drifted_features
    assert (verdict.reference, verdict.fell_back) == ("rolling", None)


def test_of_an_event_each_window_of_a_rolling_reference_has_one_prediction(account, problem):
    for number in range(1, 6):
        begin = AS_OF - number * WEEK
        log(account, rows(begin, 300, seed=number), f"week-{number}")
        again = rows(begin, 200, shift=6).with_columns(carrier=pl.lit("UA"))
        log(account, again, f"again-{number}", event="polled")
    columns = {"numeric": ["hour"], "categorical": ["carrier"], "event_time": None}
    training = build_reference(rows(AS_OF, 300), **columns, window=WEEK)
    known, fell_back = compared_with(
        watching(problem, "rolling"), training, begin=AS_OF, version="1", lake=account.lake
    )
    assert (known.rows, fell_back) == (5 * 301, None)


@pytest.mark.parametrize("kind", ["rolling", "seasonal"])
def test_without_a_history_windows_are_compared_with_the_training_data(account, problem, kind):
    serve(account)
    log(account, rows(AS_OF - WEEK, 300, shift=6), "first")
    verdict = check(account, watching(problem, kind))
    assert "hour" in verdict.drifted_features and verdict.reference == kind
    assert verdict.fell_back == (
        f"the log holds 0 {kind} windows of at least 200 rows, and 4 are needed: it is compared "
        "with the training data"
    )
    assert check(account, problem).fell_back is None


def test_events_without_a_time_have_no_windows_before(problem):
    from ghosteam.problem.meaning.watch import reference

    untimed = watching(problem, "seasonal").model_copy(update={"event_time": NO_TIME})
    [fault] = reference(untimed)
    assert fault.place == ("watch", "reference")
    assert "no seasonal windows" in fault.message
    assert not list(reference(watching(problem, "seasonal")))
