"""Data sets of facts, and windows over them: what can be said, and what is wrong with the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ghosteam.data.targets import expression_faults
from ghosteam.features.online_versions import versions_of
from ghosteam.features.views import sources_of, views_of, views_version
from ghosteam.problem import definition
from ghosteam.problem.counted import all_counted, as_counted
from ghosteam.problem.hashes import training_hash
from ghosteam.problem.load import parse_problem
from tests.unit.problem.faults import faults_of

TEXT = """
version: 1
problem: rides
task: binary
entities: {rider: [rider]}
event_time: starts
target: {name: late, expr: delay > 5, known_at: event_time + 1h}
datasets:
  rides:
    role: events
    columns: {rider: integer, starts: timestamp, line: string, delay: "number?"}
  stops:
    role: facts
    key: [line, rider]
    time: at
    known_after: 2h
    columns: {stop: integer, line: string, rider: integer, at: timestamp, waited: "number?"}
features:
  windows:
    - {name: late_2d, by: [line], rate: late, over: 2d}
    - {name: waited, from: stops, by: [line], mean: waited, over: [1d, 3d], where: "waited > 1"}
"""


@pytest.mark.parametrize(
    ("old", "new", "field", "says"),
    [
        ("from: stops", "from: stop", "features.windows.1.from", "'role: facts'"),
        ("role: facts", "static: true", "datasets.stops", "static"),
        ("role: facts", "role: fact", "datasets.stops.role", "Invalid value: it should be"),
        ("key: [line, rider]", "key: [rider]", "features.windows.1.by.0", "among the key of stops"),
        ("mean: waited", "mean: late", "features.windows.1", "a column of stops, not 'late'"),
        ("mean: waited", "mean: line", "features.windows.1", "one of numbers"),
        ("rate: late", "rate: waited", "features.windows.0", "or a column of rides"),
        ("    time: at\n", "", "datasets.stops", "facts need 'time'"),
        ("    key: [line, rider]\n", "", "datasets.stops", "facts need 'key'"),
        ("time: at\n", "time: at\n    static: true\n", "datasets.stops", "not 'static'"),
        ("time: at\n", "time: waited\n", "datasets.stops.time", "begin with a timestamp column"),
        ("time: at\n", "time: at\n    id: [x]\n", "datasets.stops", "'x' is used as"),
        (
            "    columns: {stop: integer",
            "    id: [stop]\n    columns: {stop: boolean",
            "stops.columns.stop",
            "identifies a row",
        ),
        ("time: at\n", "time: at\n    id: [stop, stop]\n", "datasets.stops.id", "more than once"),
        ("features:\n", "features:\n  join: [stops.waited]\n", "features.join.0", "windows count"),
        ("stop: integer, line: string", "line: integer", "stops.columns.line", "no row would be"),
        ("{stop: integer", "{target: integer", "stops.columns.target", "the project itself uses"),
        ("stop: integer, line: string", "line: 'string?'", "columns.line", "cannot be null"),
    ],
)
def test_what_facts_cannot_be_is_told_at_its_place(
    old: str, new: str, field: str, says: str
) -> None:
    [fault] = faults_of(TEXT, (old, new))
    assert str(fault.where["field"]).endswith(field)
    assert says in fault.message and fault.remedy


def test_a_filter_reads_columns_of_the_facts() -> None:
    assert not list(expression_faults(parse_problem(TEXT)))
    [fault] = expression_faults(parse_problem(TEXT.replace("waited > 1", "delay > 1")))
    assert "a column that stops does not have" in fault.message


def test_a_key_that_may_be_missing_needs_an_id_beside_it() -> None:
    text = TEXT.replace("stop: integer, line: string", "stop: integer, line: 'string?'")
    parse_problem(text.replace("time: at\n", "time: at\n    id: [stop]\n"))


def test_windows_name_the_events_or_facts() -> None:
    problem = parse_problem(TEXT.replace("{name: late_2d,", "{name: late_2d, from: rides,"))
    sources = {view.name: sources_of(problem, view) for view in views_of(problem)}
    assert sources == {"late_2d": ("rides",), "waited": ("stops",)}
    assert problem.used_datasets == ("rides", "stops")
    assert problem.request_columns == ("rider", "starts", "line")


def test_facts_are_the_events_of_a_problem_of_their_own() -> None:
    problem = parse_problem(TEXT)
    own, facts = all_counted(problem)
    assert own is problem is as_counted(problem, "rides") is as_counted(problem, "nothing")
    assert facts.events_name == "stops" and facts.event_id == ("line", "rider", "event_time")
    assert facts.known_at_expression.constant == timedelta(hours=2)
    assert [window.name for window in facts.features.windows] == ["waited"]
    named = parse_problem(TEXT.replace("time: at\n", "time: at\n    id: [stop]\n"))
    assert as_counted(named, "stops").event_id == ("stop",)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("over: 2d}", "over: 3d}", "rides"),
        ("over: [1d, 3d]", "over: [1d]", "stops"),
        ("known_after: 2h", "known_after: 3h", "stops"),
        ("waited > 1", "waited > 2", "stops"),
        ("time: at\n", "time: at\n    id: [stop]\n", "stops"),
        ("waited: 'number?'", "waited: 'integer?'", "stops"),
    ],
)
def test_windows_of_each_data_set_have_a_version_of_their_own(
    old: str, new: str, changed: str
) -> None:
    text = TEXT.replace('waited: "number?"', "waited: 'number?'")
    before, after = parse_problem(text), parse_problem(text.replace(old, new))
    differ = [
        name
        for name in ("rides", "stops")
        if views_version(before, name) != views_version(after, name)
    ]
    assert differ == [changed]
    assert training_hash(before) != training_hash(after)


def test_a_definition_with_facts_is_read_as_it_was_written() -> None:
    problem = parse_problem(TEXT)
    assert definition.read(definition.written(problem)) == problem


def test_rows_and_marks_of_facts_are_needed_as_long_as_their_version_is() -> None:
    problem = parse_problem(TEXT)
    version = views_version(problem, "stops")
    needed = versions_of([problem])
    assert {f"waited@{version}", f"event-times@{version}"} <= needed
    assert f"late_2d@{views_version(problem, 'rides')}" in needed
