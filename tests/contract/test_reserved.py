"""A column that the project puts beside a user's has a name that no user's column may have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ghosteam.problem.reserved import RESERVED

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
WITHOUT_FRAMES = {"documents", "problem", "registry.py", "runtime"}
OURS = re.compile("_[a-z][a-z_]*")
NO_COLUMNS = {
    ("data/dataset_file.py", "_begun"): "an attribute",
    ("features/views.py", "_features"): "how a view's name ends",
    ("learning/families/sklearn.py", "_error"): "how a loss's name ends",
    ("steps/ingest_file.py", "_unknown"): "stands for a problem in keys",
}
"""What begins as our columns do and is none, by file and text, and what it is."""


def ours(source: str) -> Iterator[tuple[int, str]]:
    """Texts of a module that are called as columns of ours, with their lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and OURS.fullmatch(str(node.value)):
            yield node.lineno, str(node.value)


def test_every_column_of_ours_is_on_the_list() -> None:
    modules = {path.relative_to(LIBRARY).as_posix(): path for path in LIBRARY.rglob("*.py")}
    found = {
        f"{name}:{line} makes {text!r}: add it to problem/reserved.py"
        for name, path in modules.items()
        if name.partition("/")[0] not in WITHOUT_FRAMES
        for line, text in ours(path.read_text("utf-8"))
        if text not in RESERVED and (name, text) not in NO_COLUMNS
    }
    assert found == set()
    assert list(ours("x = 1\nframe.drop('_b', 'c')")) == [(2, "_b")]
