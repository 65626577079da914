"""What functions and jobs ask of their wiring, read from their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from ghosteam.aws.wiring import Wiring
from ghosteam.aws.work_queue import DEAD_LETTERS_VARIABLE, QUEUE_VARIABLE
from ghosteam.runtime import settings
from ghosteam.runtime.settings import Settings

ROOT = Path(__file__).parents[1]
QUEUE_VARIABLES = {QUEUE_VARIABLE, DEAD_LETTERS_VARIABLE}
TOLD_TO_ALL = {field.name for field in fields(Settings)}


@dataclass(frozen=True)
class Wired:
    """``settings``: of which class; ``asks``: attributes of the wiring; ``read``: fields of the
    settings that these and the text itself read.
    """

    settings: type[Settings]
    asks: frozenset[str]
    read: frozenset[str]

    @property
    def declared(self) -> set[str]:
        """Fields of the settings beside those that all have."""
        return {field.name for field in fields(self.settings)} - TOLD_TO_ALL


@cache
def function(name: str) -> Wired:
    """Of ``functions/<name>``."""
    return next(_wirings(ROOT / "functions" / name / "handler.py"))


@cache
def jobs() -> dict[str, Wired]:
    """Of each job that is wired, by its name."""
    found = ((path.stem, _wirings(path)) for path in (ROOT / "training_jobs").glob("*.py"))
    return {name: wired for name, wirings in found for wired in wirings}


def _wirings(path: Path) -> Iterator[Wired]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Wiring"), args=[ast.Name(kind), *_]):
                asks, read = _asked(tree)
                by_wiring = {field for name in asks for field in _read_by(name)}
                yield Wired(getattr(settings, kind), frozenset(asks), frozenset(read | by_wiring))


def _asked(tree: ast.AST) -> tuple[set[str], set[str]]:
    asks, read = set[str](), set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name("aws"), attr=name) if name != "settings":
                asks.add(name)
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name("aws"), attr="settings"), attr=name
            ):
                read.add(name)
    return asks, read


class _Told:
    """Settings with every field, which remember what was read."""

    def __init__(self) -> None:
        self.read = set[str]()

    def __getattr__(self, name: str) -> str:
        self.read.add(name)
        return "http://told"


@cache
def _read_by(attribute: str) -> set[str]:
    """The fields of the settings that an attribute of the wiring reads."""
    queue = dict.fromkeys(QUEUE_VARIABLES, "http://queue")
    aws, told = Wiring(Settings, lambda *_, **__: object(), environment=queue), _Told()
    vars(aws)["settings"] = told
    getattr(aws, attribute)
    return told.read
