"""Dashboards show what the code really publishes, within CloudWatch's limits."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from ghosteam.problem.decide import Decide
from ghosteam.problem.load import load_problems
from infra.dashboard_body import body
from infra.settings import ROOT
from infra.widgets import (
    AlarmList,
    Graph,
    Rows,
    SearchExpression,
    WidgetSeries,
    fleet_rows,
    problem_rows,
)
from tests.infra.templates import Synthesized, text

LIBRARY = ROOT / "layers" / "core" / "python"
SOURCES = (*(LIBRARY / "ghosteam").rglob("*.py"), *(ROOT / "functions").rglob("*.py"))
PUBLISHES = {"count", "measure"}
PROBLEMS = load_problems(ROOT / "feature_repo")
Published = tuple[str, frozenset[str]]


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Each call that publishes, with the function in which it stands. Others have such names too,
    so the module's imports say whose it is.
    """
    ours = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "ghosteam.runtime.observability"
        for alias in node.names
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in PUBLISHES & ours
                ):
                    yield node, function


def names_of(node: ast.expr, module: Path, function: ast.AST) -> Iterator[str]:
    """The metrics that a call's first argument may name: a text, a constant of the module, or the
    keys of a mapping that a loop goes over.
    """
    if isinstance(node, ast.Constant):
        yield str(node.value)
        return
    assert isinstance(node, ast.Name), ast.unparse(node)
    for loop in ast.walk(function):
        if isinstance(loop, ast.For) and node.id in {
            one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)
        }:
            assert isinstance(loop.iter, ast.Call)
            assert isinstance(loop.iter.func, ast.Attribute), ast.unparse(loop.iter)
            mapping = loop.iter.func.value
            if isinstance(mapping, ast.Dict):
                yield from (str(ast.literal_eval(key)) for key in mapping.keys if key)
            else:
                assert isinstance(mapping, ast.Name)
                yield from constant(mapping.id, module)
            return
    yield constant(node.id, module)


def constant(name: str, module: Path) -> Any:
    path = module.relative_to(LIBRARY).with_suffix("")
    return getattr(import_module(".".join(path.parts)), name)


def assigned(name: str, function: ast.AST) -> Iterator[ast.expr]:
    """What a function gives a name, alone or among others."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            (target,), value = node.targets, node.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            for one, given in pairs:
                if isinstance(one, ast.Name) and one.id == name:
                    yield given


def dimensions_of(call: ast.Call, function: ast.AST) -> frozenset[str]:
    """Names of keywords, those of a mapping that is written in the same function among them."""
    found = set()
    for keyword in call.keywords:
        if keyword.arg:
            found.add(keyword.arg)
            continue
        assert isinstance(keyword.value, ast.Name), ast.unparse(call)
        (written,) = assigned(keyword.value.id, function)
        assert isinstance(written, ast.Dict)
        found |= {str(ast.literal_eval(key)) for key in written.keys if key}
    return frozenset(found)


@pytest.fixture(scope="module")
def published() -> set[Published]:
    found = {
        (name, dimensions_of(call, function))
        for path in SOURCES
        if path.name != "observability.py"
        for call, function in calls(ast.parse(path.read_text()))
        for name in names_of(call.args[0], path, function)
    }
    assert ("DriftedShare", frozenset({"Problem"})) in found and len(found) > 20
    return found


def shown(rows: Rows) -> Iterator[Published]:
    for row in rows:
        for widget in row:
            if isinstance(widget, Graph):
                for one in widget.series:
                    match one:
                        case WidgetSeries():
                            yield one.metric, frozenset(dict(one.dimensions))
                        case SearchExpression():
                            yield one.metric, frozenset(one.dimensions)


@pytest.mark.parametrize("name", [None, *PROBLEMS])
def test_every_metric_of_a_dashboard_is_one_that_the_code_publishes(
    name: str | None, published: set[Published]
) -> None:
    rows = problem_rows(PROBLEMS[name], ()) if name else fleet_rows()
    assert set(shown(rows)) <= published
    assert ("ValueADay", frozenset({"Problem"})) not in set(shown(rows)), "nothing has a worth"


def test_a_problem_shows_all_that_is_published_of_it(published: set[Published]) -> None:
    """But for what sources and files do rarely."""
    (name, *_) = PROBLEMS
    of_problem = {one for one in published if "Problem" in one[1]}
    valued = PROBLEMS[name].model_copy(update={"decide": Decide(value="-abs(outcome - decision)")})
    rest = of_problem - set(shown(problem_rows(valued, ())))
    assert {metric for metric, _ in rest} == {
        "PerformanceDegraded",  # an alarm's, and of the fleet
        "FilesIgnored",
        "DuplicateBatches",
        "RowsPulled",
    }


@pytest.mark.parametrize("name", list(PROBLEMS))
def test_the_values_of_dimensions_are_those_of_the_problem(name: str) -> None:
    problem = PROBLEMS[name]
    values: dict[str, set[str]] = {}
    for row in problem_rows(problem, ()):
        for widget in row:
            if isinstance(widget, Graph):
                for one in widget.series:
                    if isinstance(one, WidgetSeries):
                        for dimension, value in one.dimensions:
                            values.setdefault(dimension, set()).add(value)
    assert values["Problem"] == {name}
    assert values["Dataset"] == set(problem.datasets)
    assert values["Output"] <= set(problem.outputs)


def test_widgets_fill_the_grid_and_overlap_nowhere() -> None:
    (problem, *_) = PROBLEMS.values()
    for rows in (fleet_rows(), problem_rows(problem, ("a",))):
        made = body(rows, namespace="Ghosteam/dev", region="r", alarm_arns={"a": "arn"})
        cells = [
            (x, y)
            for one in made["widgets"]
            for x in range(one["x"], one["x"] + one["width"])
            for y in range(one["y"], one["y"] + one["height"])
        ]
        assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
        titles = [one["properties"]["title"] for one in made["widgets"]]
        assert len(titles) == len(set(titles))


def test_each_problem_has_a_dashboard_and_the_fleet_one(environment: Synthesized) -> None:
    prefix = environment.settings.prefix
    boards = {
        board.properties["DashboardName"]: json.loads(text(board.properties["DashboardBody"]))
        for board in environment.of("AWS::CloudWatch::Dashboard")
    }
    problems = [stack for stack in environment.templates if stack.startswith("Problem-")]
    names = {f"{prefix}-{stack.removeprefix('Problem-')}" for stack in problems}
    assert boards.keys() == {prefix, *names}
    alarms = {
        str(alarm.properties.get("AlarmName")) for alarm in environment.of("AWS::CloudWatch::Alarm")
    }
    for board in boards.values():
        for widget in board["widgets"]:
            for arn in widget["properties"].get("alarms", []):
                assert arn.rsplit(":", 1)[1] in alarms
    assert not any(name in json.dumps(boards[prefix]) for name in PROBLEMS)


def test_an_alarm_list_names_its_alarms_by_arn() -> None:
    rows: Rows = ((AlarmList("Alarms", ("a", "b")),),)
    made = body(rows, namespace="n", region="r", alarm_arns={"a": "arn:a", "b": "arn:b"})
    assert made["widgets"][0]["properties"] == {"title": "Alarms", "alarms": ["arn:a", "arn:b"]}
