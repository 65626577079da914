"""What predictions are worth by an expression, in windows and beside the hold-out."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.facts.verdicts import of_verdict
from ghosteam.documents import state_keys
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.routing import Routing
from ghosteam.monitoring.earned import worth_in
from ghosteam.monitoring.model_reference import model_reference
from ghosteam.monitoring.worth import worth_kept, worth_of
from ghosteam.problem.decide import Decide
from ghosteam.problem.spec import Problem
from ghosteam.retraining.regret import regret_of
from ghosteam.retraining.triggers.trigger import TRIGGERS
from ghosteam.undetermined import Undetermined
from tests.labelled import END, arrived, flights_frame, land, predict
from tests.learning_builders import evaluated, problem, rows

DAY = timedelta(days=1)
OF_TASK = {
    "binary": "case when decision then wind - 2 * number when outcome then -9 else prediction end",
    "multiclass": "case when outcome = decision then 3 else prediction.late - wind end",
    "regression": "case when line = 'red' then prediction.upper - outcome else decision * wind end",
}


def valued(task: str, value: str | None = None, **more: Any) -> Problem:
    decide = Decide(value=value or OF_TASK[task])
    return problem(task=task).model_copy(update={"decide": decide, **more})


def naive(task: str, came: float, said: list[float], row: dict[str, Any]) -> float | None:
    """What OF_TASK says, of one row."""
    wind = row["wind"]
    if task == "binary":
        if said[0] >= 0.5:
            return None if wind is None else wind - 2 * row["number"]
        return -9 if came else said[0]
    if task == "multiclass":
        if said.index(max(said)) == came:
            return 3
        return None if wind is None else said[2] - wind
    if row["line"] == "red":
        return said[2] - came
    return None if wind is None else said[0] * wind


SAID = st.floats(-1e6, 1e6)
ROWS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.lists(SAID, min_size=3, max_size=3),
        st.fixed_dictionaries(
            {
                "wind": st.none() | SAID,
                "number": st.integers(0, 9),
                "line": st.none() | st.sampled_from(["red", "blue"]),
            }
        ),
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("task", OF_TASK)
@settings(deadline=None, max_examples=60)
@given(drawn=ROWS)
def test_the_worth_of_each_row_is_what_a_naive_reader_finds(task: str, drawn: Any) -> None:
    made = valued(task)
    target = np.array([came for came, _, _ in drawn], dtype=np.float64)
    outputs = np.array([said[: len(made.outputs)] for _, said, _ in drawn])
    schema = {"wind": pl.Float64, "number": pl.Int64, "line": pl.String}
    frame = pl.DataFrame([row for _, _, row in drawn], schema=schema)
    found = worth_of(made, OF_TASK[task], target, outputs, frame)
    assert not isinstance(found, Undetermined)
    for value, (came, said, row) in zip(found, drawn, strict=True):
        wanted = naive(task, came, said, row)
        assert math.isnan(value) if wanted is None else value == pytest.approx(wanted)


def test_the_hold_out_is_kept_in_the_reference_and_comes_back_from_it() -> None:
    train = rows(3000)
    outputs = np.full((3000, 1), 0.25)
    made = valued("binary", "case when outcome then -4 else prediction end")
    found = evaluated(outputs)
    reference = model_reference(
        made,
        found.chosen.predictor,
        train,
        train,
        outputs=outputs,
        importance=found.document.importance,
    )
    kept = DriftReference.from_json(reference.to_json()).worth
    late = train["target"].mean()
    assert kept is not None and kept["by"] == made.decide.value
    assert kept["mean"] == pytest.approx(-4 * late + 0.25 * (1 - late))
    assert kept["deviation"] == pytest.approx(4.25 * math.sqrt(late * (1 - late) / 3000))
    assert worth_kept(problem(), train, outputs) is None, "nobody asked"
    assert worth_kept(made, train[:99], outputs[:99]) is None, "too few to judge by"


def window(made: Problem, off: float, count: int = 600, seed: int = 1) -> tuple[Any, ...]:
    """Outcomes of a normal error of 1, of which the predictions are ``off``."""
    target = np.random.default_rng(seed).normal(size=count)
    outputs = np.tile([off, off - 1, off + 1], (count, 1))
    return made, target, outputs, pl.DataFrame({"wind": np.ones(count)})


def held_out(made: Problem, seed: int = 0) -> Any:
    _, target, outputs, frame = window(made, 0.0, 4_000, seed)
    return worth_kept(made, frame.with_columns(target=pl.Series(target)), outputs)


def test_a_window_is_compared_with_the_hold_out() -> None:
    made = valued("regression", "-3 * abs(outcome - prediction) * wind")
    kept = held_out(made)
    found = worth_in(*window(made, 1.0), kept, predictions=1_200, span=2 * DAY)
    _, target, *_ = window(made, 1.0)
    got = -3 * np.abs(target - 1.0)
    assert found.promised_by == "holdout" and found.promised == kept["mean"]
    assert found.got == pytest.approx(got.mean())
    assert found.a_day.value == pytest.approx(600 * got.mean())
    reach = 1.96 * got.std() / math.sqrt(600)
    assert found.a_day.upper - found.a_day.value == pytest.approx(600 * reach)
    assert found.lost_a_day == pytest.approx(600 * (kept["mean"] - got.mean()))
    wider = 1.96 * math.hypot(got.std() / math.sqrt(600), kept["deviation"])
    assert found.lost_a_day - found.lower == pytest.approx(600 * wider)
    assert found.lower > 0 and not found.past, "no limit"


def test_what_has_no_worth_counts_on_neither_side() -> None:
    made = valued("regression", "case when wind > 0 then -abs(outcome - decision) end")
    kept = held_out(made)
    made, target, outputs, frame = window(made, 1.0, count=1_200)
    halves = frame.with_columns(wind=pl.Series([1.0, -1.0] * 600))
    found = worth_in(made, target, outputs, halves, kept, predictions=2_400, span=DAY)
    got = -np.abs(target - 1.0)[::2]
    assert found.got == pytest.approx(got.mean())
    assert found.a_day.value == pytest.approx(1_200 * got.mean()), "the other half has none"


def test_of_like_windows_nothing_is_lost_as_often_as_said() -> None:
    made = valued("regression", "-abs(outcome - decision)")
    inside = 0
    for seed in range(200):
        kept = held_out(made, seed + 1_000)
        found = worth_in(*window(made, 0.0, seed=seed), kept, predictions=600, span=DAY)
        inside += found.lower <= 0 <= found.upper
    assert 180 <= inside <= 200


@pytest.mark.parametrize(
    ("value", "kept", "says"),
    [
        ("prediction", {"by": "2 * prediction", "mean": 0.0, "deviation": 1.0}, "not on record"),
        ("prediction", None, "not on record"),
        ("prediction * number", {"by": "prediction * number", "mean": 0.0}, "reads number"),
        ("prediction / (wind - 1)", {"by": "prediction / (wind - 1)", "mean": 0.0}, "all but 0"),
    ],
)
def test_what_cannot_be_compared_says_why(value: str, kept: Any, says: str) -> None:
    made = valued("regression", value)
    found = worth_in(*window(made, 0.0), kept, predictions=600, span=DAY)
    assert isinstance(found, Undetermined) and says in found.reason


LOSES = (
    "case when outcome and not decision and origin = 'EWR' and year = 2013 then -10 "
    "when decision = outcome then 1 else 0 end"
)


def judged(account: Any, flights: Problem, *, limit: float | None, by: str = LOSES) -> Any:
    """A window of a model that is as good as its hold-out by its metric, and decides nothing, where
    the hold-out promised 1 a prediction.
    """
    worth = {"by": by, "mean": 1.0, "deviation": 0.01}
    known = account.artifacts.get_json("reference.json") | {"worth": worth}
    account.artifacts.put_json("reference.json", known)

    def again(routing: Routing) -> Routing:
        digests = {"reference": account.artifacts.digest("reference.json"), "train": "t"}
        champion = replace(routing.champion, digests=digests, metrics={"roc_auc": 0.4})
        return replace(routing, champion=champion)

    account.state.update("flights", state_keys.ROUTING, again)
    limits = flights.watch.performance.model_copy(update={"max_lost_a_day": limit})
    promote = flights.promote.model_copy(update={"slices": ()})
    watch = flights.watch.model_copy(update={"performance": limits})
    asking = {"decide": Decide(value=LOSES), "watch": watch, "promote": promote}
    frame = flights_frame(flights, 1_000)
    predict(account, frame, good=False, features=("origin",))
    land(account, frame)
    [found] = arrived(account, flights.model_copy(update=asking))
    return found


def test_a_model_that_brings_too_little_is_told_of_and_is_an_occasion(
    served: Any, flights: Problem
) -> None:
    found = judged(served, flights, limit=300)
    assert found.value > found.limit and found.degraded and found.unearned is None
    late = flights_frame(flights, 1_000).filter(pl.col("arr_delay").is_not_null())["arr_delay"] > 15
    assert found.earned.got == pytest.approx(1 - 11 * late.mean())
    assert found.earned.lost_a_day == pytest.approx(11 * late.mean() * 1_000 / 7)
    assert found.earned.past and found.earned.limit == 300
    [event] = served.bus.events
    assert event.type == "ValueDropped" and event.ids["as_of"] == END.isoformat()
    told = TRIGGERS.find("value").told({"detail-type": event.type, "detail": event.detail()})
    assert "a day less than was promised" in told.detail and "300 is allowed" in told.detail
    text = of_verdict(found).text
    assert "predictions brought -1." in text and "of 1 that was promised" in text
    assert "less than promised (at least 3" in text and "300 is allowed" in text


@pytest.mark.parametrize("limit", [None, 500])
def test_within_its_limit_it_is_only_told(
    served: Any, flights: Problem, limit: float | None
) -> None:
    found = judged(served, flights, limit=limit)
    assert found.earned.lower > 300 and not found.degraded and served.bus.events == []


def test_another_expression_than_the_hold_outs_is_told_as_not_known(
    served: Any, flights: Problem
) -> None:
    found = judged(served, flights, limit=300, by="2 * prediction")
    assert found.earned is None and not found.degraded
    assert "the next model will have it" in of_verdict(found).text


def test_what_is_lost_by_a_worth_is_regretted(served: Any, flights: Problem) -> None:
    found = judged(served, flights, limit=None)
    assert regret_of([found], usd=2) == pytest.approx(2 * 7 * found.earned.lost_a_day)
