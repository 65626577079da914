"""Read ``problem.yaml``: an error names the file, the line, the field and the remedy."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ghosteam.errors import GhosteamError, InvalidInput, NotFound
from ghosteam.json_object import JsonObject
from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.meaning.faults import faults_of
from ghosteam.problem.spec import Problem

FILE_NAME = "problem.yaml"
MOST_NODES = 50_000
"""Values of a file, each alias counted with all that it stands for."""


class InvalidProblems(InvalidInput):
    """Everything that is wrong with one or more problems. ``faults``: each by itself; as an error
    it is the first of them.
    """

    def __init__(self, faults: Sequence[GhosteamError]) -> None:
        first, others = faults[0], len(faults) - 1
        more = f" (and {others} more)" if others else ""
        super().__init__(first.message + more, where=first.where, remedy=first.remedy)
        self.faults = tuple(faults)

    @property
    def block(self) -> str:
        """All faults, a line each, under one heading."""
        lines = [_told(fault) for fault in self.faults]
        return "\n".join(
            [
                f"✗ {len(lines)} fault{'s' if len(lines) > 1 else ''} in the problems:",
                *(f"  {line}" for line in lines),
            ]
        )


def _told(fault: GhosteamError) -> str:
    where = {name: str(value) for name, value in fault.where.items()}
    file, line, field = where.pop("file", ""), where.pop("line", ""), where.pop("field", "")
    rest = ", ".join(f"{name} {value}" for name, value in where.items())
    place = ":".join(part for part in (file, line) if part)
    told = ": ".join(
        part
        for part in (" ".join(part for part in (place, field, rest) if part), fault.message)
        if part
    )
    return f"{told}. {fault.remedy}" if fault.remedy else told


class Loader(yaml.CSafeLoader):
    """YAML 1.2's booleans: only true and false, so that the field ``on`` and the code ``NO`` stay
    text. libyaml reads ten times faster than its translation to Python.
    """

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    """YAML forbids one key twice; the library would take the last."""
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is no text", key_node.start_mark
            )
        if key in seen:
            message = f"the key {key!r} stands twice, first in line {seen[key]}"
            raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
        seen[key] = key_node.start_mark.line + 1
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|false)$"), list("tf"))


def load_problem(folder: Path, *, environment: str | None = None) -> Problem:
    """The problem described in ``folder``, with the overrides of ``environment`` applied.

    Raises:
        InvalidInput: the file is missing, is not YAML, or describes no valid problem.
    """
    path, file = folder / FILE_NAME, f"{folder.name}/{FILE_NAME}"
    if not path.is_file():
        raise InvalidInput(
            f"There is no {FILE_NAME}",
            where={"folder": folder.name},
            remedy="Write one, or remove the folder",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InvalidInput(
            "The file is not UTF-8", where={"file": file, "line": line}, remedy="Save it as UTF-8"
        ) from error
    problem = parse_problem(text, file=file, environment=environment)
    if problem.problem != folder.name:
        raise InvalidInput(
            f"The problem is called {problem.problem!r} but its folder {folder.name!r}",
            where={"file": file, "field": "problem"},
            remedy="Give both the same name",
        )
    return problem


def load_problems(repository: Path, *, environment: str | None = None) -> dict[str, Problem]:
    """All problems below ``repository``, by name.

    Raises:
        InvalidProblems: some are not valid; it holds the faults of all.
    """
    problems, faults = {}, list[GhosteamError]()
    for folder in sorted(path.parent for path in repository.glob(f"*/{FILE_NAME}")):
        try:
            problems[folder.name] = load_problem(folder, environment=environment)
        except InvalidProblems as error:
            faults += error.faults
        except InvalidInput as error:
            faults.append(error)
    if faults:
        raise InvalidProblems(faults)
    return problems


def find_problem(problems: Mapping[str, Problem], name: str) -> Problem:
    """The problem called ``name``.

    Raises:
        NotFound: there is none; the message lists those that exist.
    """
    if name not in problems:
        known = ", ".join(sorted(problems)) or "none"
        raise NotFound(
            f"There is no problem called {name!r}",
            where={"problem": name},
            remedy=f"Known problems: {known}",
        )
    return problems[name]


def parse_problem(text: str, *, file: str = FILE_NAME, environment: str | None = None) -> Problem:
    """Parse and check the text of a ``problem.yaml``. See :func:`load_problem`."""
    try:
        tree = yaml.compose(text, Loader=Loader)
        if tree is not None and _size(tree, {}) > MOST_NODES:
            raise InvalidInput(
                f"The file stands for more than {MOST_NODES} values",
                where={"file": file},
                remedy="Write out what its aliases (*name) stand for, or less of it",
            )
        document = Loader("").construct_document(tree) if tree is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        last = len(text.splitlines())  # The end of a file without a line's end counts as one more.
        raise InvalidInput(
            f"The file is not YAML: {getattr(error, 'problem', None) or error}",
            where={"file": file, **({"line": min(mark.line + 1, last)} if mark else {})},
            remedy="Fix the syntax at that line",
        ) from error
    except (RecursionError, ValueError) as error:
        raise InvalidInput(
            f"The file cannot be read: {error}",
            where={"file": file},
            remedy="Nest it less, and fix values that YAML does not know",
        ) from error
    if not isinstance(document, dict):
        raise InvalidInput(
            "The file holds no mapping", where={"file": file}, remedy="Start it with 'version: 1'"
        )
    document = _apply_environment(document, environment, file)
    try:
        problem = Problem.model_validate(document)
    except ValidationError as error:
        raise InvalidProblems([_fault(found, file, tree) for found in error.errors()]) from error
    if faults := faults_of(problem):
        raise InvalidProblems([_meant(fault, file, tree) for fault in faults])
    return problem


def line_of_field(file: Path, place: tuple[int | str, ...]) -> int:
    """Line (from 1) of a field in a file that was read before."""
    return _line_of(yaml.compose(file.read_text(encoding="utf-8"), Loader=Loader), place)


def _meant(fault: Fault, file: str, tree: yaml.Node | None) -> InvalidInput:
    field = ".".join(str(part) for part in fault.place)
    where = {"file": file, "line": _line_of(tree, fault.place), "field": field}
    return InvalidInput(fault.message, where=where, remedy=fault.remedy)


def _fault(found: Any, file: str, tree: yaml.Node | None) -> InvalidInput:
    field = ".".join(str(part) for part in found["loc"])
    where = {"file": file, "line": _line_of(tree, found["loc"]), "field": field or "(whole file)"}
    return InvalidInput(
        found["msg"].removeprefix("Value error, "), where=where, remedy=_remedy(found["type"])
    )


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Values below a node, where an alias is another way to the same node. Raises ValueError for
    one that leads to itself.
    """
    if id(node) in known:
        if known[id(node)] < 0:
            raise ValueError("an alias stands for something that holds it")
        return known[id(node)]
    known[id(node)] = -1
    children = (
        [part for pair in node.value for part in pair]
        if isinstance(node, yaml.MappingNode)
        else node.value
    )
    size = 1 + (
        0 if isinstance(node, yaml.ScalarNode) else sum(_size(child, known) for child in children)
    )
    known[id(node)] = size
    return size


def _apply_environment(document: JsonObject, environment: str | None, file: str) -> JsonObject:
    base = {key: value for key, value in document.items() if key != "environments"}
    overrides = document.get("environments") or {}
    if not isinstance(overrides, dict) or not all(
        isinstance(value, dict) for value in overrides.values()
    ):
        raise InvalidInput(
            "environments must map an environment's name to the fields it overrides",
            where={"file": file, "field": "environments"},
            remedy="Write it as {prod: {promote: {approval: required}}}",
        )
    return _merge(base, overrides.get(environment, {})) if environment else base


def _merge(base: JsonObject, override: JsonObject) -> JsonObject:
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
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _remedy(kind: str) -> str:
    return {
        "missing": "Add the field",
        "extra_forbidden": "Remove the field or fix its name",
        "literal_error": "Use one of the values named",
    }.get(kind, "Fix the field")
