"""Handlers have one way of wiring: a client is made by it, or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HANDLERS = sorted((Path(__file__).parents[2] / "functions").glob("*/handler.py"))
WIRED = "aws = Wiring(PredictSettings, boto3.client, configs={'s3': _STORE})\n"


def by_itself(source: str) -> Iterator[str]:
    """Where a handler makes what its wiring is to make, or hands the wiring on as a whole."""
    tree = ast.parse(source)
    [wiring] = [node for node in ast.walk(tree) if _is_wiring(node)]
    given = {id(node) for node in ast.walk(wiring)}
    owners = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        match node:
            case ast.Name("boto3") if id(node) not in given:
                yield f"{node.lineno}: makes a client: ask the wiring for it"
            case ast.Attribute(attr="make_client"):
                yield f"{node.lineno}: makes a client: give the wiring its config, and ask for it"
            case ast.ImportFrom(module=str(module), names=names) if _vendors(module):
                if (module, [one.name for one in names]) != ("botocore.config", ["Config"]):
                    yield f"{node.lineno}: imports {module}: that is for adapters"
            case ast.Import(names=names) if any(
                _vendors(one.name) and (one.name, one.asname) != ("boto3", None) for one in names
            ):
                yield f"{node.lineno}: imports another client: that is for adapters"
            case ast.Name("aws", ast.Load()) if id(node) not in owners:
                yield f"{node.lineno}: hands its wiring on: give what is needed of it"


def _is_wiring(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "Wiring"


def _vendors(module: str) -> bool:
    return module.partition(".")[0] in {"boto3", "botocore"}


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_a_handler_makes_no_client_but_by_its_wiring(handler: Path) -> None:
    assert list(by_itself(handler.read_text())) == []


def test_all_handlers_are_looked_at() -> None:
    assert len(HANDLERS) > 30


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("s3 = boto3.client('s3')", "2: makes a client"),
        ("table = boto3.resource('dynamodb')", "2: makes a client"),
        ("s3 = aws.make_client('s3')", "2: makes a client"),
        ("from boto3 import client", "2: imports boto3"),
        ("from boto3.session import Session", "2: imports boto3.session"),
        ("import botocore.session", "2: imports another client"),
        ("import boto3 as b", "2: imports another client"),
        ("do(aws)", "2: hands its wiring on"),
    ],
)
def test_a_client_that_a_handler_makes_by_itself_is_found(line: str, says: str) -> None:
    [told] = by_itself(WIRED + line)
    assert told.startswith(says)


@pytest.mark.parametrize(
    "line", ["do(aws.s3)", "import boto3", "from botocore.config import Config"]
)
def test_what_a_wiring_is_for_is_let_be(line: str) -> None:
    assert list(by_itself(WIRED + line)) == []
