"""Read ``problem.yaml``: an error names the file, the line, the field and the remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ghosteam.errors import InvalidInput, NotFound
from ghosteam.problem.spec import Problem

FILE_NAME = "problem.yaml"


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: only true and false, so that the field ``on`` and the code ``NO`` stay text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def load_problem(folder: Path, *, environment: str | None = None) -> Problem:
    """The problem described in ``folder``, with the overrides of ``environment`` applied.

    Raises:
        InvalidInput: the file is missing, is not YAML, or describes no valid problem.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise InvalidInput(f"There is no {FILE_NAME}", where={"folder": folder.name}, remedy="Write one, or remove the folder")
    problem = parse_problem(path.read_text(encoding="utf-8"), file=f"{folder.name}/{FILE_NAME}", environment=environment)
    if problem.problem != folder.name:
        raise InvalidInput(
            f"The problem is called {problem.problem!r} but its folder {folder.name!r}",
            where={"file": f"{folder.name}/{FILE_NAME}", "field": "problem"},
            remedy="Give both the same name",
        )
    return problem


def load_problems(repository: Path, *, environment: str | None = None) -> dict[str, Problem]:
    """All problems below ``repository``, by name."""
    folders = sorted(path.parent for path in repository.glob(f"*/{FILE_NAME}"))
    return {folder.name: load_problem(folder, environment=environment) for folder in folders}


def find_problem(problems: Mapping[str, Problem], name: str) -> Problem:
    """The problem called ``name``.

    Raises:
        NotFound: there is none; the message lists those that exist.
    """
    if name not in problems:
        known = ", ".join(sorted(problems)) or "none"
        raise NotFound(f"There is no problem called {name!r}", where={"problem": name}, remedy=f"Known problems: {known}")
    return problems[name]


def parse_problem(text: str, *, file: str = FILE_NAME, environment: str | None = None) -> Problem:
    """Parse and check the text of a ``problem.yaml``. See :func:`load_problem`."""
    try:
        document = yaml.load(text, Loader=_Loader)
        tree = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidInput(
            f"The file is not YAML: {getattr(error, 'problem', None) or error}",
            where={"file": file, **({"line": mark.line + 1} if mark else {})},
            remedy="Mend the syntax at that line",
        ) from error
    if not isinstance(document, dict):
        raise InvalidInput("The file holds no mapping", where={"file": file}, remedy="Start it with 'version: 1'")
    document = _apply_environment(document, environment, file)
    try:
        return Problem.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        others = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InvalidInput(
            first["msg"].removeprefix("Value error, ") + others,
            where={"file": file, "line": _line_of(tree, first["loc"]), "field": field or "(whole file)"},
            remedy=_remedy(first["type"]),
        ) from error


def _apply_environment(document: dict[str, Any], environment: str | None, file: str) -> dict[str, Any]:
    base = {key: value for key, value in document.items() if key != "environments"}
    overrides = document.get("environments") or {}
    if not isinstance(overrides, dict) or not all(isinstance(value, dict) for value in overrides.values()):
        raise InvalidInput(
            "environments must map an environment's name to the fields it overrides",
            where={"file": file, "field": "environments"},
            remedy="Write it as {prod: {promote: {approval: required}}}",
        )
    return _merge(base, overrides.get(environment, {})) if environment else base


def _merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _line_of(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the deepest part of ``location`` that stands in the file."""
    if node is None:
        return 1
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _remedy(kind: str) -> str:
    return {
        "missing": "Add the field",
        "extra_forbidden": "Remove the field or mend its name",
        "literal_error": "Use one of the values named",
    }.get(kind, "Mend the field")
