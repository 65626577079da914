"""The references in docs are those of the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cli.reference.explained import FIELDS, SECTIONS
from cli.reference.write import EXAMPLE, models, reference, schema, write
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.problem.yaml_file import Loader

ROOT = Path(__file__).parents[2]
BOUNDS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
"""What pydantic calls a value that is read and out of range; a pattern cannot say ranges."""
PROBLEMS = sorted((ROOT / "feature_repo").glob("*/problem.yaml"))


def test_every_field_is_explained_and_none_that_is_not_there() -> None:
    assert set(models()) == set(SECTIONS) == set(FIELDS)
    for name, model in models().items():
        fields = {found.alias or field for field, found in model.model_fields.items()}
        assert set(FIELDS[name]) == fields, name
        assert all(meaning and example for meaning, example in FIELDS[name].values())


def test_every_example_can_be_copied() -> None:
    for name, model in models().items():
        known = {
            found.alias or field: (field, found) for field, found in model.model_fields.items()
        }
        for alias, (_, example) in FIELDS[name].items():
            field, found = known[alias]
            form = TypeAdapter(Annotated[(found.annotation, field, *found.metadata)])
            try:
                form.validate_python(yaml.load(example, Loader))
            except ValidationError as error:
                pytest.fail(f"{name}.{alias}: {example} is none: {error}")


def test_the_page_shows_a_whole_problem_that_the_grammar_takes() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    shown = reference().split("```yaml\n")[2].split("```")[0]
    assert shown == text
    problem = parse_problem(text)
    jsonschema.Draft202012Validator(schema()).validate(yaml.load(text, Loader))
    # Nearly every part of the grammar is shown.
    left_out = Problem.model_fields.keys() - yaml.load(text, Loader).keys()
    assert left_out == {"sources"} and problem.features.windows[0].aggregate == "mean"


def test_the_pages_are_up_to_date(tmp_path: Path) -> None:
    """``./ghosteam reference`` renews them."""
    for page in write(tmp_path):
        assert page.read_text() == (ROOT / "docs" / page.name).read_text()
    assert all(f"## {name}" in reference() for name in SECTIONS)


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.parent.name)
def test_a_problem_keeps_the_schema(path: Path) -> None:
    jsonschema.Draft202012Validator(schema()).validate(yaml.load(path.read_text(), Loader))


@pytest.mark.parametrize("written", ["mean: late", "count: rows", "aggregate: sum, of: late"])
def test_a_window_is_written_under_its_aggregate_s_name(written: str) -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    text = text.replace("rate: late", written)
    jsonschema.Draft202012Validator(schema()).validate(yaml.load(text, Loader))
    assert parse_problem(text).features.windows[0].name == "carrier_late_7d"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("holdout: 14d", "holdout: 1 month"),
        ("every: 1h", "every: 1y"),
        ("every: 1h", 'every: 1w\n    origin: "2024-01-01"'),
        ("reject_over: 0.1", 'empty: allowed\n    null_values: ["", -999]'),
        (
            "{type: timestamp, example",
            "{type: timestamp, horizon: 2y, example",
        ),
        (
            "{type: timestamp, example",
            '{type: timestamp, from: "At", format: "%d.%m.%Y", example',
        ),
    ],
)
def test_the_schema_takes_what_the_grammar_takes(old: str, new: str) -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    assert old in text
    text = text.replace(old, new)
    jsonschema.Draft202012Validator(schema()).validate(yaml.load(text, Loader))
    parse_problem(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("task: binary", "task: guess"),
        ("holdout: 14d", "holdout: 14 dags"),
        ("holdout: 14d", "holdoot: 14d"),
        ("metric: roc_auc", "metric: acc"),
        ("canary 10% 15m", "ten percent"),
        ("version: 1\n", ""),
        ("rate: late, over: 7d", "over: 7d"),
        ("rate: late, over: 7d", "rate: late, count: rows, over: 7d"),
        ("rate: late, over: 7d", "median: late, over: 7d"),
    ],
)
def test_a_mistake_does_not(old: str, new: str) -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    assert old in text
    found = yaml.load(text.replace(old, new), Loader)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(found)


def patterns() -> Iterator[tuple[str, str, TypeAdapter[Any]]]:
    """Where the schema has a pattern, the pattern, and what reads the text in the grammar."""
    document, grammar = schema(), models()
    for name, described in (*document["$defs"].items(), ("Problem", document)):
        for short in described.get("anyOf", ()):
            if "pattern" in short:
                yield name, short["pattern"], TypeAdapter(grammar[name])
        for long in (described, *described.get("anyOf", ())):
            for field, property in long.get("properties", {}).items():
                for option in (property, *property.get("anyOf", ())):
                    if "pattern" in option:
                        found = grammar[name].model_fields[field]
                        kind = Annotated[(found.annotation, field, *found.metadata)]
                        yield f"{name}.{field}", option["pattern"], TypeAdapter(kind)


PATTERNS = {place: (pattern, reads) for place, pattern, reads in patterns()}


@pytest.mark.parametrize("place", PATTERNS)
@given(data=st.data())
def test_what_a_pattern_of_the_schema_takes_the_grammar_reads(place: str, data: Any) -> None:
    pattern, reads = PATTERNS[place]
    text = data.draw(st.from_regex(pattern, fullmatch=True))
    try:
        reads.validate_python(text)
    except ValidationError as error:
        for fault in error.errors():
            assert fault["type"] in BOUNDS or "must be whole minutes" in fault["msg"], text


def test_each_text_with_a_form_of_its_own_has_a_pattern() -> None:
    assert {"Rollout", "Column", "Watch.drift", "Problem.holdout", "Dataset.every"} <= set(PATTERNS)


@pytest.mark.parametrize("written", ["canary 10% 15 m", "canary 100% 1 hour", "canary 1% 7d"])
def test_a_rollout_is_written_with_any_duration(written: str) -> None:
    text = (ROOT / "feature_repo" / "flights" / "problem.yaml").read_text()
    text = text.replace("canary 10% 15m", written)
    jsonschema.Draft202012Validator(schema()).validate(yaml.load(text, Loader))
    parse_problem(text)
