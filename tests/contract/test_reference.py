"""The references in docs are those of the code."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from cli.reference.explained import FIELDS, SECTIONS
from cli.reference.write import models, reference, schema, write
from ghosteam.problem.load import Loader, parse_problem

ROOT = Path(__file__).parents[2]
PROBLEMS = sorted((ROOT / "feature_repo").glob("*/problem.yaml"))


def test_every_field_is_explained_and_none_that_is_not_there() -> None:
    assert set(models()) == set(SECTIONS) == set(FIELDS)
    for name, model in models().items():
        assert set(FIELDS[name]) == set(model.model_fields), name
        assert all(meaning and example for meaning, example in FIELDS[name].values())


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
