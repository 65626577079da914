"""Read ``problem.yaml``: an error names the file, the line, the field and the remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from ghosteam.errors import GhosteamError, InvalidInput, NotFound
from ghosteam.json_object import JsonObject
from ghosteam.problem.checked import Check, checked, nothing_else
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.spec import Problem
from ghosteam.problem.yaml_file import line_of, read_yaml

FILE_NAME = "problem.yaml"
ENVIRONMENTS = "environments"


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


def load_problem(
    folder: Path, *, environment: str | None = None, also: Check = nothing_else
) -> Problem:
    """The problem described in ``folder``, with the overrides of ``environment`` applied.

    ``also`` finds more faults than the grammar knows, to be told at once with its own.

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

    def named_so(problem: Problem) -> Iterator[Diagnostic]:
        if problem.problem != folder.name:
            told = f"The problem is called {problem.problem!r} but its folder {folder.name!r}"
            yield Diagnostic(("problem",), told, "Give both the same name")
        yield from also(problem)

    return parse_problem(text, file=file, environment=environment, also=named_so)


def load_problems(
    repository: Path, *, environment: str | None = None, also: Check = nothing_else
) -> dict[str, Problem]:
    """All problems below ``repository``, by name; ``also`` as in :func:`load_problem`.

    Raises:
        InvalidProblems: some are not valid; it holds the faults of all.
    """
    problems, faults = {}, list[GhosteamError]()
    for folder in sorted(path.parent for path in repository.glob(f"*/{FILE_NAME}")):
        try:
            problems[folder.name] = load_problem(folder, environment=environment, also=also)
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


def parse_problem(
    text: str,
    *,
    file: str = FILE_NAME,
    environment: str | None = None,
    also: Check = nothing_else,
) -> Problem:
    """Parse and check the text of a ``problem.yaml``. See :func:`load_problem`."""
    tree, document = read_yaml(text, file)
    overrides, wrong = _overrides(document, environment)
    problem, faults = checked(_merge(_without(document), overrides), also)
    told = [*wrong, *(_within(fault, overrides, environment) for fault in faults)]
    if told or problem is None:
        raise InvalidProblems([_told_at(fault, tree, file) for fault in told])
    return problem


def _within(fault: Diagnostic, overrides: JsonObject, environment: str | None) -> Diagnostic:
    """The fault where the environment says it, if it does."""
    said: object = overrides
    if not fault.place:
        return fault
    for part in fault.place:
        if not isinstance(said, dict):
            break
        if part not in said:
            return fault
        said = said[part]
    return replace(fault, place=(ENVIRONMENTS, environment or "", *fault.place))


def _told_at(fault: Diagnostic, tree: yaml.Node, file: str) -> InvalidInput:
    field = ".".join(str(part) for part in fault.place)
    where = {"file": file, "line": line_of(tree, fault.place), "field": field or "(whole file)"}
    return InvalidInput(fault.message, where=where, remedy=fault.remedy)


def _without(document: JsonObject) -> JsonObject:
    return {key: value for key, value in document.items() if key != ENVIRONMENTS}


def _overrides(
    document: JsonObject, environment: str | None
) -> tuple[JsonObject, list[Diagnostic]]:
    """What the environment says otherwise, and what is wrong with how environments are written."""
    overrides = document.get(ENVIRONMENTS) or {}
    if not isinstance(overrides, dict) or not all(
        isinstance(value, dict) for value in overrides.values()
    ):
        told = "environments must map an environment's name to the fields it overrides"
        return {}, [
            Diagnostic((ENVIRONMENTS,), told, "Write it as {prod: {promote: {approval: required}}}")
        ]
    return overrides.get(environment, {}), []


def _merge(base: JsonObject, override: JsonObject) -> JsonObject:
    merged = dict(base)
    for key, value in override.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged
