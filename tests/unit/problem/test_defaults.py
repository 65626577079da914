"""What follows where a specification says nothing."""

from __future__ import annotations

import pytest

from ghosteam.problem.load import parse_problem
from tests.unit.problem.bikes import TEXT
from tests.unit.problem.faults import faults_of


def test_the_threshold_follows_from_what_decisions_are_worth() -> None:
    values = "decide: {values: {hit: 5, miss: -20, false_alarm: -1}}\nexclude:"
    assert parse_problem(TEXT).decide.threshold == 0.5
    assert parse_problem(TEXT.replace("exclude:", values)).decide.threshold == pytest.approx(1 / 26)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_what_decisions_are_worth_is_told_of_binary_problems_alone(task: str) -> None:
    values = "decide: {values: {hit: 5, miss: -20, false_alarm: -1}}"
    found = faults_of(TEXT, ("task: binary", f"task: {task}\n{values}"))
    [fault] = [one for one in found if one.where["field"] == "decide.values"]
    assert f"worth something in binary problems, not in {task} ones" in fault.message
    assert fault.where["line"] == 4


@pytest.mark.parametrize(("task", "metric"), [("multiclass", "log_loss"), ("regression", "rmse")])
def test_a_problem_that_names_no_metric_gets_its_tasks_first(task: str, metric: str) -> None:
    windows = "    - {name: station_long, by: [station], rate: long, over: 7d}\n"
    text = TEXT.replace("  windows:\n" + windows, "").replace("task: binary", f"task: {task}")
    text = text.replace("promote: {metric: roc_auc, at_least: 0.6, slices: [kind]}\n", "")
    if task == "multiclass":
        text = text.replace("expr: minutes > 30", "expr: minutes, classes: [1, 2, 3]")
    problem = parse_problem(text)
    assert problem.promote.metric == metric
    assert problem.outputs == (
        ("1", "2", "3") if task == "multiclass" else ("value", "lower", "upper")
    )


def test_a_window_of_several_lengths_is_several_features() -> None:
    listed = parse_problem(TEXT.replace("over: 7d", "over: [1d, 1w, 1 month]"))
    names = ("station_long_1d", "station_long_7d", "station_long_31d")
    assert listed.feature_names == ("kind", "weather__wind", *names)
