from __future__ import annotations

from pathlib import Path

import pytest

from ghosteam.errors import InvalidInput, NotFound
from ghosteam.problem.load import find_problem, load_problem, load_problems, parse_problem
from tests.builders import REPOSITORY, flights_problem

TEXT = (REPOSITORY / "flights" / "problem.yaml").read_text()


def _fault(old: str, new: str) -> InvalidInput:
    assert old in TEXT
    with pytest.raises(InvalidInput) as caught:
        parse_problem(TEXT.replace(old, new), file="flights/problem.yaml")
    return caught.value


def test_the_demo_problem_loads_and_names_its_features_in_order() -> None:
    problem = flights_problem()
    assert problem.feature_names[:6] == ("carrier", "origin", "dest", "distance", "hour", "weather__temp")
    assert problem.feature_names[-1] == "dest_late_7d"
    assert problem.categorical_features == ("carrier", "origin", "dest")
    assert {"tailnum", "minute", "time_hour"} <= set(problem.request_columns)
    assert problem.retrain.on == ("readiness", "drift", "performance")


def test_an_environment_overrides_only_what_it_names() -> None:
    base, prod = flights_problem(), flights_problem("prod")
    assert (base.promote.approval, prod.promote.approval) == ("none", "required")
    assert prod.promote.slices == base.promote.slices
    assert flights_problem("elsewhere") == base


@pytest.mark.parametrize(
    ("old", "new", "field", "line_of", "message", "remedy"),
    [
        ("task: binary", "task: guess", "task", "task: guess", "'binary'", "values named"),
        ("task: binary\n", "", "task", "version: 1", "Field required", "Add the field"),
        ("holdout: 14d", "holdout: 14 days", "holdout", "holdout: 14 days", "is not a duration", "Mend"),
        ("holdout: 14d", "holdoot: 14d", "holdoot", "holdoot: 14d", "Extra inputs", "mend its name"),
        ("min: 0, max: 59", "min: 60, max: 59", "datasets.flights.columns.minute", "      minute:", "is above max", "Mend"),
        ("key: [tailnum]", "key: [tail]", "datasets.planes", "  planes:", "'tail' is used as key", "Mend"),
        ("canary 10% 15m", "ten percent", "serve.rollout", "serve:", "canary 10% 15m", "Mend"),
        ("drift: 2 of 3", "drift: 4 of 3", "watch", "watch:", "can never happen", "Mend"),
        ("slices: [origin]", "slices: [tailnum]", "(whole file)", "version: 1", "'tailnum' is not a feature", "Mend"),
        ("weather.temp", "weather.warmth", "(whole file)", "version: 1", "weather.warmth", "Mend"),
        ("request: [carrier", "request: [dep_delay, carrier", "(whole file)", "version: 1", "known too late", "Mend"),
        ("event_time: time_hour", "event_time: minute", "(whole file)", "version: 1", "must begin with a timestamp", "Mend"),
        ("role: events", "role: lookup", "datasets.flights", "  flights:", "needs 'key'", "Mend"),
    ],
)  # fmt: skip
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


def test_a_file_that_is_not_yaml_names_the_line() -> None:
    fault = _fault("task: binary", "task: [binary")
    assert fault.where["file"] == "flights/problem.yaml"
    assert isinstance(fault.where["line"], int)
    assert "not YAML" in fault.message


@pytest.mark.parametrize(
    ("text", "message"), [("", "no mapping"), ("- 1", "no mapping"), ("environments: 3", "environments must map")]
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
