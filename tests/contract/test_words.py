"""One meaning a word: no two classes that are met together have one name."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "layers" / "core" / "python" / "ghosteam"
PRODUCT = (LIBRARY, *(ROOT / name for name in ("functions", "training_jobs", "cli", "infra")))


def classes() -> dict[str, list[str]]:
    """The files of each class that others may import, by its name. Constructs and stacks are called
    as what they deploy.
    """
    found = defaultdict[str, list[str]](list)
    for path in (path for folder in PRODUCT for path in folder.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not _deploys(node) and node.name[0] != "_":
                found[node.name].append(path.relative_to(ROOT).as_posix())
    return found


def _deploys(node: ast.ClassDef) -> bool:
    return bool({"Construct", "Stack"} & {ast.unparse(base) for base in node.bases})


def test_a_class_has_a_name_of_its_own() -> None:
    assert len(classes()) > 500
    assert {name: files for name, files in classes().items() if len(files) > 1} == {}
