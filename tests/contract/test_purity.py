"""What decides, measures and transforms asks for no time, no environment and no chance: it is told.

Which modules it may import is for import-linter; this looks at what they call.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "layers" / "core" / "python" / "ghosteam"
IMPURE = {"aws", "runtime", "steps"}
PURE = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - IMPURE)
MODULES = {"time", "os", "random", "uuid", "secrets", "socket", "subprocess", "threading"}
CONNECTS = {"sources": "import socket"}
"""A server is asked over a socket: where drivers and libraries do not open it, the folder does."""
CALLS = {"now", "utcnow", "today"}
SEEDED = {"default_rng", "Random", "SeedSequence"}
DRAWS = {"sample", "shuffle"}
"""Of frames and columns, which draw from a state that all share unless they are told."""


def contracts() -> list[dict[str, object]]:
    """The import contracts."""
    with (ROOT.parents[3] / "pyproject.toml").open("rb") as file:
        found: list[dict[str, object]] = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    return found


def impurities(source: str) -> Iterator[str]:
    """``line: what`` for each clock, environment or unseeded chance in a module's source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in MODULES:
                    yield f"{node.lineno}: import {alias.name}"
        elif (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.partition(".")[0] in MODULES
        ):
            yield f"{node.lineno}: from {node.module} import …"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, node.func.value
            said = {keyword.arg for keyword in node.keywords}
            if name in CALLS and ast.unparse(owner).rpartition(".")[2] in ("datetime", "date"):
                yield f"{node.lineno}: {ast.unparse(node.func)}()"
            elif (name in DRAWS and not said & {"seed", "random_state"}) or (
                name in SEEDED and not node.args and not node.keywords
            ):
                yield f"{node.lineno}: {name}() without a seed"
            elif ast.unparse(owner) in ("np.random", "numpy.random") and name not in SEEDED:
                yield f"{node.lineno}: {ast.unparse(node.func)}() draws from a state that all share"


@pytest.mark.parametrize("folder", PURE)
def test_a_pure_folder_asks_for_no_time_environment_or_chance(folder: str) -> None:
    modules = sorted((ROOT / folder).rglob("*.py"))
    found = [
        f"{module.relative_to(ROOT)}:{told}"
        for module in modules
        for told in impurities(module.read_text())
        if told.partition(": ")[2] != CONNECTS.get(folder)
    ]
    assert found == []


def test_every_pure_folder_is_under_contract_without_an_exception() -> None:
    [pure] = [one for one in contracts() if "is pure" in str(one["name"])]
    assert {f"ghosteam.{name}" for name in PURE} == {*pure["source_modules"]}  # type: ignore[misc]
    assert not [one["name"] for one in contracts() if "ignore_imports" in one]


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from os import environ",
        "import os.path",
        "datetime.now(UTC)",
        "date.today()",
        "datetime.datetime.now()",
        "frame.sample(5)",
        "pl.col('a').shuffle()",
        "np.random.default_rng()",
        "np.random.rand(3)",
        "random.Random()",
    ],
)
def test_what_is_impure_is_found(line: str) -> None:
    assert len(list(impurities(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "np.random.default_rng(seed)",
        "clock()",
        "datetime.fromisoformat(text)",
        "Random(x=1)",
        "frame.sample(5, seed=0)",
    ],
)
def test_what_is_told_is_pure(line: str) -> None:
    assert list(impurities(line)) == []
