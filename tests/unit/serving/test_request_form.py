"""A column that is declared in another way is taken in both forms, and means the same to both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.request_form import RequestForm

TEXT = """
version: 1
problem: calls
task: binary
entities: {{call: [call]}}
event_time: at
target: {{name: long, expr: seconds > 5, known_at: event_time + 1h}}
datasets:
  calls:
    role: events
    columns:
      call: integer
      at: {at}
      urgent: {urgent}
      seconds: number?
features: {{request: [urgent]}}
"""
ISO, COUNTED = "timestamp", "{type: timestamp, unit: seconds}"
BERLIN = "{type: timestamp, zone: Europe/Berlin}"
MOMENT = datetime(2024, 1, 15, 12, tzinfo=UTC)


def calls(*, at: str = ISO, urgent: str = "boolean") -> Problem:
    return parse_problem(TEXT.format(at=at, urgent=urgent))


def both(old: Problem, new: Problem, **row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the models are asked that learned by each, and what their events are named by."""
    form = RequestForm(new, [old])
    rows = form.rows({"instances": [{"call": 1, "at": MOMENT.isoformat(), "urgent": 1, **row}]})
    asked = [dict(form.asked(rows, problem)[0].values) for problem in (old, new)]
    for problem, values in zip((old, new), asked, strict=True):
        assert form.named(rows, problem) == [{name: values[name] for name in problem.label_key}]
    return asked[0], asked[1]


@pytest.mark.parametrize(("old", "new"), [(ISO, COUNTED), (COUNTED, ISO), (COUNTED, BERLIN)])
@pytest.mark.parametrize("told", [1705320000, 1705320000.0, "2024-01-15T12:00:00Z"])
def test_a_time_is_one_moment_to_models_of_both_forms(old: str, new: str, told: Any) -> None:
    asked = both(calls(at=old), calls(at=new), at=told)
    assert [row["at"] for row in asked] == [MOMENT, MOMENT]


def test_text_without_an_offset_is_of_the_zone_that_each_declares() -> None:
    old, new = both(calls(), calls(at=BERLIN), at="2024-01-15T12:00:00")
    assert (old["at"], new["at"]) == (MOMENT, MOMENT.replace(hour=11))


@pytest.mark.parametrize(
    ("old", "new", "told", "asked"),
    [
        ("boolean", "integer", True, (True, 1)),
        ("boolean", "integer", 0, (False, 0)),
        ("integer", "boolean", 1, (1, True)),
        ("integer?", "boolean?", 5, (5, None)),
        ("string", "integer", "12", ("12", 12)),
        ("string?", "integer?", "1_2", ("1_2", None)),
        ("string?", "number?", "inf", ("inf", None)),
        ("number", "string", 12.0, (12.0, "12")),
        ("string?", "number?", " 1.5 ", (" 1.5 ", 1.5)),
    ],
)
def test_another_type_says_the_same_or_nothing(old: str, new: str, told: Any, asked: Any) -> None:
    found = both(calls(urgent=old), calls(urgent=new), urgent=told)
    assert tuple(row["urgent"] for row in found) == asked
