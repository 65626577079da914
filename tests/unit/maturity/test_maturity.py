"""Outcomes that take their time: what a missing one means, and from when on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghosteam.data.derive import absent_outcome, with_event_time, with_outcome
from ghosteam.documents.coverage import DayRows
from ghosteam.features.split import Spans, split
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
CHURN = """
version: 1
problem: churn
task: binary
entities: {contract: [contract]}
event_time: begins
target:
  {name: left, expr: left_on IS NOT NULL OR NULL, known_at: left_on, matures: 30d, absent: false}
datasets:
  contracts:
    role: events
    columns: {contract: integer, begins: timestamp, left_on: "timestamp?", age: number}
features: {request: [age]}
holdout: 10d
retrain: {min_train: 20d, train_window: 120d}
"""


def problem(text: str = CHURN) -> Problem:
    return parse_problem(text)


def contracts(left_after: dict[int, int], days: int) -> pl.DataFrame:
    """A contract a day; ``left_after`` so many days some end."""
    left = [
        START + (day + left_after[day]) * DAY if day in left_after else None for day in range(days)
    ]
    frame = pl.DataFrame(
        {
            "contract": range(days),
            "begins": [START + day * DAY for day in range(days)],
            "left_on": left,
            "age": [float(day) for day in range(days)],
        },
        schema_overrides={"left_on": pl.Datetime("us", "UTC"), "begins": pl.Datetime("us", "UTC")},
    )
    return with_outcome(with_event_time(frame, problem()), problem())


def test_who_has_not_left_when_it_matures_stays() -> None:
    found = contracts({3: 5}, days=6)
    assert found["target"].to_list() == [0, 0, 0, 1, 0, 0]
    mature = [START + (day + 30) * DAY for day in range(6)]
    assert found["known_at"].to_list() == [*mature[:3], START + 8 * DAY, *mature[4:]]


@pytest.mark.parametrize(
    ("task", "classes", "absent", "number"),
    [
        ("binary", "", "false", 0.0),
        ("binary", "", "1", 1.0),
        ("binary", "classes: [stays, leaves]", "stays", 0.0),
        ("binary", 'classes: ["false", "true"]', "false", 0.0),
        ("multiclass", "classes: [a, b, c]", "c", 2.0),
        ("regression", "", "12.5", 12.5),
        ("binary", "", "unknown", None),
    ],
)
def test_a_missing_outcome_stands_for_one_of_the_tasks(
    task: str, classes: str, absent: str, number: float | None
) -> None:
    expr = "left_on" if task != "regression" else "age"
    text = CHURN.replace("task: binary", f"task: {task}").replace(
        "absent: false", f"absent: {absent}"
    )
    text = text.replace("expr: left_on IS NOT NULL OR NULL", f"expr: {expr}")
    if classes:
        text = text.replace("absent:", f"{classes}, absent:")
    text = text.replace("request: [age]", "request: [contract]")
    assert absent_outcome(parse_problem(text)) == number


SPANS = Spans(START, START + 50 * DAY, START + 60 * DAY)


def test_early_outcomes_of_events_that_are_not_mature_are_not_learned_from() -> None:
    # Everybody who leaves does so after five days: of the last thirty days before the hold-out
    # only they would have an outcome.
    leavers = dict.fromkeys(range(0, 90, 4), 5)
    train, holdout, since = split(contracts(leavers, days=90), SPANS, problem=problem())
    assert train["begins"].max() == SPANS.holdout_start - 30 * DAY
    assert since["begins"].to_list() == [START + day * DAY for day in range(21, 50)]
    assert holdout["begins"].to_list() == [START + day * DAY for day in range(50, 61)]
    for frame in (train, holdout, since):
        assert frame["target"].mean() == pytest.approx(0.25, abs=0.05)


def each_day(first: int, last: int, labelled: int = 40) -> dict[str, DayRows]:
    moments = [START + day * DAY for day in range(first, last + 1)]
    return {f"{at:%Y-%m-%d}": DayRows(40, labelled, at) for at in moments}


SPAN = {"contracts": each_day(0, 89)}


def test_the_hold_out_ends_where_outcomes_are_mature() -> None:
    now = START + 100 * DAY
    ready = assess_readiness(problem(), SPAN, as_of=now)
    assert isinstance(ready, Ready)
    assert ready.holdout_end == now - 30 * DAY and ready.as_of(problem()) == now
    again = assess_readiness(problem(), SPAN, as_of=ready.as_of(problem()))
    assert again == ready


def test_events_announced_ahead_do_not_shift_the_hold_out_into_the_future() -> None:
    ahead = {"contracts": each_day(0, 400)}
    ready = assess_readiness(problem(), ahead, as_of=START + 100 * DAY)
    assert isinstance(ready, Ready) and ready.holdout_end == START + 70 * DAY


@pytest.mark.parametrize(
    ("labelled", "reasons"),
    [
        # The hold-out is from day 60 to 70, what is learned from ends on day 30.
        (each_day(0, 89), []),
        (each_day(10, 65), []),
        (each_day(0, 40), ["no event from 2024-03-01 00:00 to 2024-03-11 00:00 UTC, the hold-out"]),
        (each_day(0, 89, 9), ["99 events from 2024-03-01 00:00 to 2024-03-11 00:00 UTC, the hold"]),
        (
            each_day(50, 65),
            [
                "no event from 2023-11-02 00:00 to 2024-01-31 00:00 UTC, the training rows, has an "
                "outcome, of 200 that are needed to learn from 100 and choose by 100",
                "contracts, rows with an outcome alone: of the 20 days that retrain.min_train asks "
                "for, 0 hold rows; nothing from 2024-01-11 to 2024-01-30",
            ],
        ),
        (
            each_day(22, 89),
            ["contracts, rows with an outcome alone: of the 20 days that retrain.min_train asks"],
        ),
        (
            each_day(65, 65, labelled=1),
            [
                "1 event from 2024-03-01 00:00 to 2024-03-11 00:00 UTC, the hold-out, has an "
                "outcome, of 100 that are needed to judge by",
                "no event from 2023-11-02",
                "contracts, rows with an outcome alone",
            ],
        ),
    ],
)
def test_outcomes_to_judge_by_and_to_learn_from_are_waited_for(
    labelled: dict[str, DayRows], reasons: list[str]
) -> None:
    days = {**each_day(0, 89, labelled=0), **labelled}
    found = assess_readiness(problem(), {"contracts": days}, as_of=START + 100 * DAY)
    told = found.reasons if isinstance(found, Waiting) else ()
    assert len(told) == len(reasons)
    for reason, begin in zip(told, reasons, strict=True):
        assert reason.startswith(f"waiting, because {begin}")


def test_what_is_known_after_the_hold_out_began_is_not_counted_to_learn_from() -> None:
    late = CHURN.replace(
        "known_at: left_on, matures: 30d, absent: false", "known_at: event_time + 40d"
    )
    for first, waits in ((20, False), (45, True)):
        found = assess_readiness(problem(late), {"contracts": each_day(first, 89)})
        assert isinstance(found, Waiting) == waits
        if isinstance(found, Waiting):
            [reason] = found.reasons
            assert "no event from 2023-11-21 00:00 to 2024-02-09 00:00 UTC, the tra" in reason


@given(
    st.lists(st.sampled_from([0, 1, 40, 40]), min_size=100, max_size=100),
    st.integers(60, 100),
)
def test_a_run_that_is_ready_has_rows_to_learn_from_and_to_judge_by(
    labelled: list[int], now: int
) -> None:
    days: dict[str, DayRows] = {}
    for day, known in enumerate(labelled):
        days |= each_day(day, day, known)
    ready = assess_readiness(problem(), {"contracts": days}, as_of=START + now * DAY)
    if isinstance(ready, Ready):
        frame = pl.DataFrame(
            {
                "contract": range(sum(labelled)),
                "begins": [
                    START + day * DAY for day, known in enumerate(labelled) for _ in range(known)
                ],
                "target": 1.0,
            }
        ).with_columns(event_time="begins", known_at=pl.col("begins") + 30 * DAY)
        spans = Spans(ready.train_start, ready.holdout_start, ready.holdout_end)
        train, holdout, _ = split(frame, spans, problem=problem())
        assert train.height >= 200 and holdout.height >= 100


@given(st.integers(60, 200), st.integers(0, 200))
def test_no_window_of_a_run_reaches_past_what_is_mature(now: int, newest: int) -> None:
    days = {"contracts": each_day(0, newest)}
    found = assess_readiness(problem(), days, as_of=START + now * DAY)
    if isinstance(found, Ready):
        assert found.holdout_end <= START + (now - 30) * DAY
        assert found.holdout_end <= START + newest * DAY
