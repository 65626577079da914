"""A folder in words."""

from __future__ import annotations

import pytest

from cli.connection import ROOT
from cli.explain import explained
from ghosteam.problem.load import load_problem, parse_problem

NAMES = sorted(path.parent.name for path in (ROOT / "feature_repo").glob("*/problem.yaml"))


def told(name: str, environment: str = "local") -> str:
    problem = load_problem(ROOT / "feature_repo" / name, environment=environment)
    sections = explained(problem, environment)
    return "\n".join(line for lines in sections.values() for line in lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("environment", ["local", "prod"])
def test_each_problem_is_told_whole(name: str, environment: str) -> None:
    text = told(name, environment)
    problem = load_problem(ROOT / "feature_repo" / name, environment=environment)
    for word in (problem.target.expr, problem.promote.metric, *problem.datasets):
        assert word in text
    approved = "a person must approve" in text
    assert approved == (environment == "prod")


def test_what_flights_mean() -> None:
    text = told("flights", "prod")
    assert "the probability of late" in text
    assert "weather: looked up by origin and time, a row each 1h, known 1h after its time" in text
    assert "carrier_late_7d: mean of late by carrier over 1w" in text
    assert "idle: about $84 a month" in text


def test_a_suite_is_a_job_a_batch() -> None:
    problem = load_problem(ROOT / "feature_repo" / "flights", environment="local")
    line = "a job for each batch of weather, which runs its suite of Great Expectations"
    assert line in explained(problem, "local", ["weather"])["Resources in local"]
    assert "Great Expectations" not in told("flights")


def test_what_windows_say() -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    old = "rate: late, over: 7d"
    assert old in text
    problem = parse_problem(
        text.replace(old, "lag: late, n: 2, over: [1d, 2d], ratio_to: 3d, where: distance > 9", 1),
        file="flights/problem.yaml",
    )
    [line] = [one for one in explained(problem, "local")["What the model reads"] if "lag 2" in one]
    assert (
        line.startswith("carrier_late_7d_1d, ")
        and "_2d: lag 2 of late where distance > 9 by " in line
    )
    assert "over 1d and 2d, divided by that over 3d, at least " in line


def test_what_facts_say() -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    facts = "  strikes: {role: facts, key: [carrier], time: at, known_after: 2h,\n"
    facts += "    columns: {carrier: string, at: timestamp}}\n"
    window = "    - {name: strikes_7d, from: strikes, by: [carrier], count: rows, over: 7d}\n"
    for old, more in (("datasets:\n", facts), ("windows:\n", window)):
        text = text.replace(old, old + more, 1)
    sections = explained(parse_problem(text, file="flights/problem.yaml"), "local")
    said = "strikes: facts, counted by carrier, each known 2h after at; 2 columns"
    assert any(line.startswith(said) for line in sections["Data"])
    assert any(
        "count of rows in strikes by carrier" in line for line in sections["What the model reads"]
    )


def test_what_is_derived_is_told_and_is_not_sent() -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    old = "features:\n"
    derived = f"{old}  derived: [{{name: night, expr: hour < 6 OR weather.visib < 2}}]\n"
    problem = parse_problem(text.replace(old, derived, 1), file="flights/problem.yaml")
    lines = explained(problem, "local")["What the model reads"]
    assert "night: hour < 6 OR weather.visib < 2" in lines
    assert "hour" in lines[-1] and "night" not in lines[-1]


def test_what_has_no_time_and_no_known_price() -> None:
    problem = parse_problem(
        """
version: 1
problem: wine
task: multiclass
entities: {wine: [id]}
event_time: none
target: {name: kind, expr: kind, classes: [a, b, c]}
datasets: {wines: {role: events, id: [id], columns: {id: string, x: number, kind: "string?"}}}
features: {request: [x]}
serve: {instance_type: ml.c7i.large}
"""
    )
    lines = [line for lines in explained(problem, "dev").values() for line in lines]
    assert any("Events have no time" in line for line in lines)
    assert any("500 events with an outcome" in line for line in lines)
    assert any("whose price is not known here" in line for line in lines)
