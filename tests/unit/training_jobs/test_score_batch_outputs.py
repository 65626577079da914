"""What a scored batch says: a column for each output of the task, and the decision."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ghosteam.aws.state import StateTable
from ghosteam.learning.package import load_model
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from tests.unit.features.conftest import TRIPS
from tests.unit.training_jobs.scoring import (
    ARGUMENTS,
    PROBLEM,
    account,
    give,
    learn,
    output,
    trips_file,
)
from training_jobs import score_batch


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[StateTable]:
    with account(PROBLEM, monkeypatch) as table:
        yield table


def of_task(task: str, expr: str) -> Problem:
    """The problem with another target; a window cannot tell the share of it."""
    text = TRIPS.replace("task: binary", f"task: {task}").replace("expr: delay > 5", expr)
    return parse_problem(text.replace("  windows: [{name: line_late_2d", "#"))


def scored(problem: Problem, tmp_path: Path) -> pl.DataFrame:
    give(tmp_path, "trips.csv", trips_file())
    score_batch.main(tmp_path, ARGUMENTS)
    found = pl.read_parquet(output(tmp_path) / "predictions.parquet")
    assert found.columns == [
        *("_row", "trip", "event_time", *problem.outputs, "decision", "model_version")
    ]
    return found


def test_of_several_classes_each_has_a_column_and_the_likeliest_is_the_decision(
    state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = "expr: CASE WHEN delay > 5 THEN 'late' WHEN delay > 2 THEN 'soon' ELSE 'now' END"
    problem = of_task("multiclass", f"{kinds}, classes: [now, soon, late]")
    learned = learn(problem, state, tmp_path, monkeypatch)
    found = scored(problem, tmp_path)
    expected = load_model(tmp_path / "model").predict_frame(learned)
    both = learned.select("trip").join(found, on="trip", how="left", maintain_order="left")
    assert both.select(problem.outputs).rows() == [tuple(row) for row in expected.tolist()]
    likeliest = expected.argmax(axis=1)
    assert both["decision"].to_list() == [problem.outputs[place] for place in likeliest]
    assert both["decision"].n_unique() > 1


def test_of_a_number_its_interval_has_columns_and_the_value_is_the_decision(
    state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = of_task("regression", "expr: delay")
    learned = learn(problem, state, tmp_path, monkeypatch)
    found = scored(problem, tmp_path)
    expected = load_model(tmp_path / "model").predict_frame(learned)
    both = learned.select("trip").join(found, on="trip", how="left", maintain_order="left")
    assert both.select("value", "lower", "upper").rows() == [tuple(row) for row in expected]
    assert both["decision"].to_list() == both["value"].to_list()
    assert both["decision"].n_unique() > 1


def test_a_decision_is_the_one_that_is_worth_most(
    state: StateTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = "decide: {values: {hit: 2, miss: -5, false_alarm: -3}}"
    problem = parse_problem(f"{TRIPS}{values}\n")
    learn(problem, state, tmp_path, monkeypatch)
    found = scored(problem, tmp_path)
    probabilities = found[PROBLEM.target.name]
    assert probabilities.is_between(0.3, 0.5).any() and (probabilities < 0.3).any()
    assert found["decision"].to_list() == (probabilities >= 0.3).to_list()
