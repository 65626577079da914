"""What stacks leave to constructs."""

from __future__ import annotations

import ast
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra"
MACHINES = "aws_stepfunctions"


def speaks_of_states(source: str) -> bool:
    """Whether a module imports the library of state machines, or one of its tasks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            if any(MACHINES in f"{module}.{alias.name}" for alias in node.names):
                return True
    return False


def test_state_machines_live_in_constructs_of_their_own() -> None:
    found = {path for path in INFRA.rglob("*.py") if speaks_of_states(path.read_text())}
    assert {path.parent for path in found} == {INFRA / "constructs"}


def test_whoever_speaks_of_states_is_found() -> None:
    for line in (
        "from aws_cdk import aws_stepfunctions as sfn",
        "from aws_cdk import Stack, aws_stepfunctions_tasks",
        "import aws_cdk.aws_stepfunctions",
        "from aws_cdk.aws_stepfunctions import StateMachine",
    ):
        assert speaks_of_states(line)
    assert not speaks_of_states("from aws_cdk import Stack")
