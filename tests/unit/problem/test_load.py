from __future__ import annotations

from pathlib import Path

import pytest

from ghosteam.errors import InvalidInput, NotFound
from ghosteam.problem.load import (
    InvalidProblems,
    find_problem,
    load_problem,
    load_problems,
    parse_problem,
)
from tests.builders import REPOSITORY, flights_problem

TEXT = (REPOSITORY / "flights" / "problem.yaml").read_text()


def _fault(old: str, new: str) -> InvalidInput:
    assert old in TEXT
    with pytest.raises(InvalidInput) as caught:
        parse_problem(TEXT.replace(old, new), file="flights/problem.yaml")
    return caught.value


def test_the_demo_problem_loads_and_names_its_features_in_order() -> None:
    problem = flights_problem()
    assert problem.feature_names[:6] == (
        "carrier",
        "origin",
        "dest",
        "distance",
        "hour",
        "weather__temp",
    )
    assert problem.feature_names[-1] == "dest_late_7d"
    assert problem.text_features == ("carrier", "origin", "dest")
    assert {"tailnum", "minute", "time_hour"} <= set(problem.request_columns)
    assert problem.retrain.on == ("readiness", "drift", "performance", "definition")


def test_an_environment_overrides_only_what_it_names() -> None:
    base, prod = flights_problem(), flights_problem("prod")
    assert (base.promote.approval, prod.promote.approval) == ("none", "required")
    assert prod.promote.slices == base.promote.slices
    assert flights_problem("elsewhere") == base


@pytest.mark.parametrize(
    ("old", "new", "field", "line_of", "message", "remedy"),
    [
        ("task: binary", "task: guess", "task", "task: guess", "'guess' is no task", "Use one"),
        ("task: binary\n", "", "task", "version: 1", "Field required", "Add the field"),
        (
            "holdout: 14d",
            "holdout: 14 dags",
            "holdout",
            "holdout: 14 dags",
            "is not a duration",
            "Fix",
        ),
        ("holdout: 14d", "holdoot: 14d", "holdoot", "holdoot: 14d", "Extra inputs", "fix its name"),
        (
            "min: 0, max: 59",
            "min: 60, max: 59",
            "datasets.flights.columns.minute",
            "      minute:",
            "is above max",
            "Fix",
        ),
        (
            "key: [tailnum]",
            "key: [tail]",
            "datasets.planes",
            "  planes:",
            "'tail' is used as key",
            "Fix",
        ),
        ("canary 10% 15m", "ten percent", "serve.rollout", "serve:", "canary 10% 15m", "Fix"),
        (
            "canary 10% 15m",
            "canary 10% 60d",
            "serve.rollout.watch",
            "serve:",
            "less than or equal to 7 days",
            "Write a value less than or equal to 7 days",
        ),
        (
            "rollback_hold: 1h",
            "rollback_hold: 30d",
            "serve.rollback_hold",
            "serve:",
            "less than or equal to 14 days",
            "Write a value less than",
        ),
        (
            "rollback_hold: 1h",
            "cache: 1h",
            "serve.cache",
            "serve:",
            "less than or equal to 15 minutes",
            "Write a value less than",
        ),
        ("drift: 2 of 3", "drift: 4 of 3", "watch", "watch:", "can never happen", "Fix"),
        (
            "slices: [origin]",
            "slices: [tailnum]",
            "promote.slices.0",
            "slices:",
            "'tailnum' is not a feature",
            "Fix",
        ),
        ("weather.temp", "weather.warmth", "features.join.0", "join:", "weather.warmth", "Fix"),
        (
            "request: [carrier",
            "request: [dep_delay, carrier",
            "features.request.0",
            "request:",
            "known too late",
            "Take dep_delay out of",
        ),
        (
            "event_time: time_hour",
            "event_time: minute",
            "event_time",
            "event_time:",
            "must begin with a timestamp",
            "Fix",
        ),
        (
            "role: events",
            "role: lookup",
            "datasets.flights",
            "  flights:",
            "only events and facts have an 'id'",
            "Fix",
        ),
    ],
)
def test_a_mistake_names_file_line_field_and_remedy(
    old: str, new: str, field: str, line_of: str, message: str, remedy: str
) -> None:
    fault = _fault(old, new)
    lines = TEXT.replace(old, new).splitlines()
    assert fault.where["file"] == "flights/problem.yaml"
    assert fault.where["field"] == field
    line = fault.where["line"]
    assert isinstance(line, int)
    assert line_of in lines[line - 1] or field == "(whole file)"
    assert message in fault.message
    assert remedy in fault.remedy


@pytest.mark.parametrize("name", ["true_north", "false_alarm", "t", "f"])
def test_a_name_that_begins_like_a_boolean_is_a_name(name: str) -> None:
    text = TEXT.replace("      distance:", f"      {name}: number?\n      distance:")
    assert name in parse_problem(text).events.columns


def test_a_file_that_is_not_yaml_names_the_line() -> None:
    fault = _fault("task: binary", "task: [binary")
    assert fault.where["file"] == "flights/problem.yaml"
    assert isinstance(fault.where["line"], int)
    assert "not YAML" in fault.message


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no mapping"), ("- 1", "no mapping"), ("environments: 3", "environments must map")],
)
def test_a_file_of_another_shape_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse_problem(text, environment="prod")


def test_a_folder_must_hold_a_problem_of_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no problem\.yaml"):
        load_problem(tmp_path)
    (tmp_path / "trains").mkdir()
    (tmp_path / "trains" / "problem.yaml").write_text(TEXT)
    with pytest.raises(InvalidInput, match="called 'flights' but its folder 'trains'"):
        load_problems(tmp_path)


def test_an_unknown_problem_is_not_found_and_the_known_ones_are_named() -> None:
    problems = load_problems(REPOSITORY)
    assert find_problem(problems, "flights") == flights_problem()
    with pytest.raises(NotFound, match="Known problems: flights"):
        find_problem(problems, "trains")


def repository(folder: Path, **problems: str | bytes) -> Path:
    for name, text in problems.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "problem.yaml").write_bytes(
            text if isinstance(text, bytes) else text.encode()
        )
    return folder


def test_all_faults_of_all_problems_are_one_block_of_lines(tmp_path: Path) -> None:
    broken = TEXT.replace("holdout: 14d", "holdoot: 14d").replace(
        "min: 0, max: 59", "min: 60, max: 59"
    )
    repo = repository(
        tmp_path, flights=broken, taxis="version: [", trips=b"version: 1\nproblem: \xff"
    )
    with pytest.raises(InvalidProblems) as caught:
        load_problems(repo)
    heading, *lines = caught.value.block.splitlines()
    assert heading == f"✗ {len(lines)} faults in the problems:"
    for place, told in {
        "flights/problem.yaml:": "holdoot: Extra inputs are not permitted. Remove the field or fix "
        "its name",
        "flights/problem.yaml": "datasets.flights.columns.minute",
        "taxis/problem.yaml:1": "The file is not YAML",
        "trips/problem.yaml:2": "The file is not UTF-8. Save it as UTF-8",
    }.items():
        assert any(line.startswith(f"  {place}") and told in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version: 1\nproblem: a\nversion: 1\n", "the key 'version' stands twice, first in line 1"),
        ("datasets:\n  a: {x: 1,\n x: 2}\n", "the key 'x' stands twice, first in line 2"),
        ("? [a, b]\n: 1\n", "a key is no text"),
        ("a: &a [*a]\n", "an alias stands for something that holds it"),
        ("[" * 5000, "cannot be read|not YAML"),
        ("a: 2013-99-99\n", "cannot be read"),
    ],
)
def test_what_yaml_libraries_let_pass_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        parse_problem(text)


def test_a_small_file_that_stands_for_a_huge_one_is_refused_before_it_is_written_out() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(InvalidInput, match="stands for more than 50000 values"):
        parse_problem("\n".join(lines))


def test_an_alias_may_be_used_as_people_do() -> None:
    text = TEXT.replace("trials: 20, minutes: 10", "trials: &few 20, minutes: *few")
    assert parse_problem(text).model.minutes == 20


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("{type: integer, example: x}", "no integer"),
        ("{type: integer, example: true}", "no integer"),
        ("{type: boolean, example: 1}", "no boolean"),
        ("{type: number, max: 3, example: 4}", "not between min and max"),
        ("{type: number, min: 3, example: 2.5}", "not between min and max"),
        ("{type: number, min: 0, example: -1}", "not between min and max"),
        ("{type: number, max: 0, example: 1}", "not between min and max"),
        ("{type: string, values: [a, b], example: c}", "none of values"),
    ],
)
def test_an_example_is_a_value_of_its_column(column: str, says: str) -> None:
    fault = _fault(
        "distance: {type: number, min: 1, max: 12000, example: 1400}", f"distance: {column}"
    )
    assert says in str(fault)
