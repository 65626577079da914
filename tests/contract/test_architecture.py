"""The parts are where the architecture says that they are, and it names them all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ghosteam.documents.event import EVENT_TYPES

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
PAGE = ROOT / "docs" / "architecture.md"
STACKS = sorted((ROOT / "infra" / "stacks").glob("*.py"))
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))


def imported(source: str) -> Iterator[str]:
    """What a module imports, in full, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)


def called(source: str) -> set[str]:
    """What a module calls, as it writes it."""
    nodes = ast.walk(ast.parse(source))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_state_machines_stand_in_constructs_of_their_own() -> None:
    assert len(STACKS) > 5
    found = [
        f"{path.name} imports {name}: give the state machine a construct"
        for path in STACKS
        for name in imported(path.read_text("utf-8"))
        if "aws_stepfunctions" in name
    ]
    assert found == []
    assert list(imported("from aws_cdk import aws_stepfunctions as sfn")) == [
        "aws_cdk.aws_stepfunctions"
    ]


def test_every_handler_is_wired_in_one_way() -> None:
    assert len(HANDLERS) > 30
    calls = {path.parent.name: called(path.read_text("utf-8")) for path in HANDLERS}
    assert [name for name, found in calls.items() if "Wiring" not in found] == []
    assert [name for name, found in calls.items() if "boto3.client" in found] == []


def test_the_page_names_every_event_and_every_folder_of_the_library() -> None:
    page = PAGE.read_text("utf-8")
    folders = {path.parent.name for path in LIBRARY.glob("*/__init__.py")}
    assert {"steps", "documents", "aws"} <= folders
    assert [name for name in EVENT_TYPES if f"`{name}`" not in page] == []
    assert [name for name in sorted(folders) if f"`{name}/`" not in page] == []
