"""A regression and a multiclass problem beside flights, in the same account.

History becomes a model that is better than knowing nothing, the API gives its outputs by name,
outcomes that come days later in small files judge it, drift is looked for, and a run that learned
nothing new is refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cli.demo.cases import Case
from ghosteam.aws.bus import Bus
from ghosteam.documents import keys, state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.performance_verdict import PerformanceVerdict
from ghosteam.documents.slot import Slot
from ghosteam.metrics.metric import METRICS, Floats, measure
from tests.flow.conftest import CASES
from tests.flow.world import World

pytestmark = pytest.mark.flow
Row = dict[str, Any]


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, champions: dict[str, Slot]) -> Iterator[Case]:
    yield CASES[request.param]


def _evaluation(world: World, name: str, run_id: str) -> Row:
    return dict(world.artifacts.get_json(keys.evaluation(name, run_id)))


def _frame(world: World, name: str, run_id: str, part: str) -> pl.DataFrame:
    body = world.artifacts.get(f"{keys.training_set(name, run_id)}/{part}.parquet")
    return pl.read_parquet(io.BytesIO(body))


def _quick(world: World, name: str, run_id: str) -> Floats:
    """A plain linear model of scikit-learn on the same split: its outputs on the hold-out."""
    problem = world.problems[name]
    train, holdout = (_frame(world, name, run_id, part) for part in ("train", "holdout"))

    def matrix(frame: pl.DataFrame) -> Floats:
        numbers = frame.select(
            pl.col(name).fill_null(train[name].median())
            for name in problem.feature_names
            if name not in problem.text_features
        ).to_numpy()
        known = [
            (frame[name] == value).cast(pl.Float64).to_numpy()
            for name in problem.text_features
            for value in sorted(train[name].unique().drop_nulls())
        ]
        return np.column_stack([numbers, *known])

    y = train["target"].to_numpy()
    if problem.task == "regression":
        model = make_pipeline(StandardScaler(), Ridge()).fit(matrix(train), y)
        value = model.predict(matrix(holdout))
        return np.column_stack([value, value, value])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(matrix(train), y)
    found = model.predict_proba(matrix(holdout))
    if problem.task == "binary":
        return np.asarray(found[:, 1:])
    outputs = np.zeros((holdout.height, len(problem.outputs)))
    outputs[:, model.classes_.astype(int)] = found
    return outputs


@pytest.mark.parametrize("name", ["flights", *sorted(CASES)])
def test_a_model_is_better_than_knowing_nothing_and_as_good_as_a_quick_one(
    world: World, champion: Slot, champions: dict[str, Slot], name: str
) -> None:
    problem, slot = world.problems[name], champions.get(name, champion)
    evaluation = _evaluation(world, name, slot.run_id)
    assert evaluation["decision"] == "promote", evaluation["reasons"]
    assert (evaluation["task"], evaluation["metric"]) == (problem.task, problem.promote.metric)
    assert {found["family"] for found in evaluation["candidates"]} == set(problem.model.families)
    assert evaluation["baseline"]["lower"] > 0
    target = _frame(world, name, slot.run_id, "holdout")["target"].to_numpy()
    outputs = _quick(world, name, slot.run_id)
    print(f"{name}: ours, and a quick linear model's")
    for metric in problem.metrics:
        quick = measure(metric, target, outputs)
        if isinstance(quick, float) and metric in slot.metrics:
            print(f"  {metric} {slot.metrics[metric]:.3f} {quick:.3f}")
    metric = problem.promote.metric
    quick = measure(metric, target, outputs)
    assert isinstance(quick, float)
    worse_by = METRICS.find(metric).sign * (quick - slot.metrics[metric])
    assert worse_by < 0.05 * abs(quick), f"{slot.metrics[metric]:.3f} where {quick:.3f} is quick"


def test_the_api_gives_outputs_by_name_and_a_decision(
    world: World, champions: dict[str, Slot], case: Case
) -> None:
    problem = world.problems[case.problem]
    for prediction in _ask(world, case)[:20]:
        outputs = prediction["outputs"]
        assert tuple(outputs) == problem.outputs
        assert prediction["model_version"] == champions[case.problem].version
        if problem.task == "regression":
            assert outputs["lower"] < outputs["value"] < outputs["upper"]
            assert prediction["decision"] == outputs["value"]
        else:
            assert sum(outputs.values()) == pytest.approx(1)
            assert prediction["decision"] == max(outputs, key=lambda name: outputs[name])


def test_outcomes_that_come_days_later_in_small_files_judge_the_predictions(
    world: World, champions: dict[str, Slot], case: Case
) -> None:
    problem, end = world.problems[case.problem], case.later[1]
    asked = len(_ask(world, case))
    world.eventually(
        "log of the predictions", lambda: (_drift(world, case, end)["rows"] or 0) >= asked
    )
    for name, body in case.outcome_files().items():
        dropped = world.drop(case.dataset, name, body, problem=case.problem)
        assert world.settled(dropped).status == "validated"
    verdict = world.eventually(
        "verdict on the predictions",
        lambda: _judged(world, case),
        logs_of=("check_performance",),
    )
    assert verdict.metric == problem.promote.metric
    assert verdict.labels >= problem.watch.performance.min_labels
    assert verdict.lower <= verdict.value <= verdict.upper
    assert problem.kind.honesty in verdict.metrics
    drift = _drift(world, case, end)
    assert drift["undetermined"] is None
    outputs = {one["name"] for one in drift["features"] if one["role"] == "output"}
    assert outputs == {f"prediction {name}" for name in problem.outputs}
    looked_at = {one["name"] for one in drift["features"] if one["role"] == "feature"}
    assert looked_at | set(drift["passed_over"]) == set(problem.feature_names)


def test_a_run_that_learns_nothing_new_is_refused_and_the_champion_stays(
    world: World, champions: dict[str, Slot], case: Case
) -> None:
    world.rest()
    before = {run.key for run in world.state.list(case.problem, state_keys.RUNS)}
    bus = Bus(world.client("events"), world.names["bus_name"])
    as_of = _evaluation_end(world, case, champions[case.problem].run_id)
    bus.publish(Event("RetrainingRequested", case.problem, {"request_id": "again", "as_of": as_of}))
    run = world.eventually(
        "end of the run",
        lambda: next(
            (
                found.data
                for found in world.state.list(case.problem, state_keys.RUNS)
                if found.key not in before and found.data.status != "running"
            ),
            None,
        ),
        logs_of=("decide_retraining", "start_run", "finish_run"),
        within=300,
    )
    assert run.status == "refused", run
    assert [reason.partition(":")[0] for reason in run.reasons] == ["beats_champion"]
    routing = world.state.get(case.problem, state_keys.ROUTING)
    assert routing is not None
    assert routing.data.champion.version == champions[case.problem].version


def _evaluation_end(world: World, case: Case, run_id: str) -> str:
    plan = world.artifacts.get_json(keys.plan(case.problem, run_id))
    return str(plan["holdout_end"])


def _ask(world: World, case: Case) -> list[Row]:
    """Predictions for the window, a hundred a request."""
    rows = case.table.requests(world.problems[case.problem], *case.later)
    answers: list[Row] = []
    for first in range(0, len(rows), 100):
        response = world.api.request(
            "POST", f"/v1/{case.problem}/predict", json={"instances": rows[first : first + 100]}
        )
        assert response.status_code == 200, response.text
        answers += response.json()["predictions"]
    return answers


def _drift(world: World, case: Case, end: datetime) -> Row:
    return world.invoke("check_drift", {"problem": case.problem, "as_of": end.isoformat()})


def _judged(world: World, case: Case) -> PerformanceVerdict | None:
    found = world.state.list(case.problem, state_keys.PERFORMANCE_VERDICTS)
    return next((verdict.data for verdict in found if verdict.data.undetermined is None), None)
