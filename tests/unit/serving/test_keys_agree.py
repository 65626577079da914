"""A key has one meaning: in files that land, in the online store and in requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ghosteam.data.convert import convert
from ghosteam.data.declared_rules import DeclaredRules
from ghosteam.data.read import read_batches
from ghosteam.data.validate import check_part
from ghosteam.features.codec import entity_id
from ghosteam.features.views import views_of
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.problem.text_values import MAX_TEXT
from ghosteam.serving.request import request_model
from tests.unit.features.landed import START

TEXT = """
version: 1
problem: orders
task: binary
entities: {{order: [order]}}
event_time: at
target: {{name: late, expr: delay > 5, known_at: at + 1h}}
datasets:
  orders:
    role: events
    columns: {{order: integer, at: timestamp, customer: "{kind}?", delay: "number?"}}
  customers: {{key: [customer], static: true, columns: {{customer: {kind}, seats: "number?"}}}}
features: {{join: [customers.seats]}}
"""
PROBLEMS = {kind: parse_problem(TEXT.format(kind=kind)) for kind in ("integer", "string")}
REFUSED = object()
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 2**10)
    | st.floats()
    | st.integers(-(10**6), 10**6).map(float)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.text("ä", min_size=MAX_TEXT - 1, max_size=MAX_TEXT + 1)
)


def in_a_file(path: Path, problem: Problem, dataset: str, row: dict[str, Any]) -> Any:
    """The key as validation lets it in."""
    declared = problem.datasets[dataset]
    if path.suffix == ".jsonl":
        path.write_text(json.dumps(row) + "\n")
    else:
        pl.DataFrame([row]).write_parquet(path)
    form = "jsonl" if path.suffix == ".jsonl" else "parquet"
    [cells] = read_batches(path, form, 10, texts=declared.texts)
    good = check_part(convert(cells, declared), problem, dataset, [DeclaredRules(declared)]).good
    return good["customer"][0] if good.height else REFUSED


def in_a_request(problem: Problem, value: Any) -> Any:
    row = {"order": 1, "at": "2024-03-01T00:00:00Z", "customer": value}
    try:
        answer = request_model(problem).model_validate({"instances": [row]})
    except ValidationError:
        return REFUSED
    return answer.model_dump(by_alias=True)["instances"][0]["customer"]


@pytest.mark.parametrize("kind", ["integer", "string"])
@given(value=VALUES)
@example(101.0)
@example(101.5)
@example(True)
@example(2**53 + 0.0)
@example("101.0")
@example("")
@example(" ")
@example("NA")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_key_that_a_request_may_send_is_the_key_of_every_file(
    tmp_path: Path, kind: str, value: Any
) -> None:
    problem = PROBLEMS[kind]
    asked = in_a_request(problem, value)
    for name in ("keys.jsonl", "keys.parquet"):
        event = {"order": 1, "at": "2024-03-01T00:00:00Z", "customer": value, "delay": 1.0}
        learned = in_a_file(tmp_path / name, problem, "orders", event)
        stored = in_a_file(tmp_path / name, problem, "customers", {"customer": value, "seats": 1.0})
        if asked is REFUSED:
            # A file may say in text what it has no type for; everything else is refused there too.
            assert learned is REFUSED or isinstance(value, str), (name, learned)
        elif asked is None:
            assert learned is None
            assert stored is REFUSED
        else:
            assert learned == stored == asked
            [view] = views_of(problem)
            key = view.key_of({"customer": asked}, START)
            assert key is not None
            assert entity_id(key) == entity_id({"customer": stored})


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        ("integer", 101.0, 101),
        ("integer", 101.5, REFUSED),
        ("integer", True, REFUSED),
        ("string", 101, "101"),
        ("string", 101.0, "101"),
        ("string", 101.5, REFUSED),
        ("string", False, REFUSED),
        ("string", "101.0", "101.0"),
        ("string", "x" * MAX_TEXT, "x" * MAX_TEXT),
        ("string", "x" * (MAX_TEXT + 1), REFUSED),
    ],
)
def test_every_kind_of_key_has_one_answer(tmp_path: Path, kind: str, value: Any, key: Any) -> None:
    problem = PROBLEMS[kind]
    assert in_a_request(problem, value) == key
    row = {"customer": value, "seats": 1.0}
    assert in_a_file(tmp_path / "keys.jsonl", problem, "customers", row) == key


def test_a_long_text_that_is_neither_key_nor_feature_is_let_in(tmp_path: Path) -> None:
    text = TEXT.format(kind="string").replace("delay:", 'note: "string?", delay:')
    problem = parse_problem(text)
    at = "2024-03-01T00:00:00Z"
    row = {"order": 1, "at": at, "customer": "a", "note": "x" * 5000, "delay": 1.0}
    assert in_a_file(tmp_path / "keys.jsonl", problem, "orders", row) == "a"
