"""The guide's examples are what the command says."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cli.connection import ROOT
from cli.facts.fact import Answer
from cli.why.batch import why_batch
from cli.why.prediction import why_prediction
from cli.why.problem import why_problem
from cli.why.read import tell
from tests.unit.cli import test_why_batch, test_why_prediction
from tests.unit.cli.why_documents import EVIDENCE, FULL

GUIDE = (ROOT / "docs/guides/why.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ \./ghosteam (why .*)\n([^`]*)```", GUIDE)
ANSWERS = {
    "why flights": why_problem(FULL, EVIDENCE),
    "why flights batch": why_batch(test_why_batch.FULL),
    "why flights prediction": why_prediction(FULL, test_why_prediction.FOUND),
    "why flights --json": why_problem(FULL, EVIDENCE),
}


def said(answer: Answer, *, as_json: bool) -> set[str]:
    console = Console(file=io.StringIO())
    tell(answer, console, as_json=as_json)
    return set(console.file.getvalue().splitlines())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("command", "lines"), EXAMPLES)
def test_each_line_of_an_example_is_said(command: str, lines: str) -> None:
    answer = ANSWERS[" ".join(command.split()[:3])]
    assert set(lines.splitlines()) <= said(answer, as_json="--json" in command) | {""}


def test_each_answer_has_its_example() -> None:
    assert {" ".join(command.split()[:3]) for command, _ in EXAMPLES} == ANSWERS.keys()
