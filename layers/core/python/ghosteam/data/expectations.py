"""Suites of Great Expectations beside a problem's contract: ``expectations/<data set>.json`` in its
folder, in that library's own form. They are checked here without the library, which only the job
that runs them has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

import yaml

from ghosteam.data.expectation_types import TYPES
from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem
from ghosteam.problem.yaml_file import line_of

FOLDER = "expectations"
_COLUMNS = ("column", "column_A", "column_B", "column_list")


def suite_path(folder: Path, dataset: str) -> Path:
    """Where the suite of a data set lies, if it has one; ``folder``: the problem's."""
    return folder / FOLDER / f"{dataset}.json"


def with_suites(problem: Problem, folder: Path) -> list[str]:
    """The data sets of a problem that have a suite; ``folder``: the problem's."""
    return [name for name in problem.datasets if suite_path(folder, name).is_file()]


def have_suites(problems: Mapping[str, Problem], repository: Path) -> bool:
    """Whether any data set of the problems in ``repository`` has a suite."""
    return any(with_suites(problem, repository / name) for name, problem in problems.items())


def columns_of(expectation: JsonObject) -> list[str]:
    """The columns that an expectation is about; none of one about the whole table."""
    kwargs = expectation.get("kwargs") or {}
    named = [kwargs[name] for name in _COLUMNS if name in kwargs]
    return [column for one in named for column in (one if isinstance(one, list) else [one])]


def check_suites(problems: Mapping[str, Problem], repository: Path) -> list[InvalidInput]:
    """Everything that is wrong with the suites of the problems in ``repository``."""
    return [
        fault
        for name, problem in problems.items()
        for path in sorted((repository / name / FOLDER).glob("*"))
        for fault in _of_file(path, problem)
    ]


def _of_file(path: Path, problem: Problem) -> Iterator[InvalidInput]:
    file = f"{problem.problem}/{FOLDER}/{path.name}"
    if path.suffix != ".json" or path.stem not in problem.datasets:
        yield InvalidInput(
            "The file is named for no data set",
            where={"file": file},
            remedy=f"Name it <data set>.json; data sets are {', '.join(problem.datasets)}",
        )
        return
    try:
        text = path.read_text(encoding="utf-8")
        suite = json.loads(text)
    except ValueError as error:
        line = {"line": error.lineno} if isinstance(error, json.JSONDecodeError) else {}
        yield InvalidInput(
            f"The file is no JSON: {error}",
            where={"file": file, **line},
            remedy="Write it with Great Expectations, or fix the syntax at that line",
        )
        return
    columns = tuple(problem.datasets[path.stem].columns)
    for place, message, remedy in _faults(suite, columns):
        field = ".".join(map(str, place)) or "(whole file)"
        where = {"file": file, "line": _line(text, place), "field": field}
        yield InvalidInput(message, where=where, remedy=remedy)


_Told = tuple[tuple[int | str, ...], str, str]
"""Where, what, and what to do."""


def _faults(suite: object, columns: tuple[str, ...]) -> Iterator[_Told]:
    expectations = suite.get("expectations") if isinstance(suite, dict) else None
    if not isinstance(expectations, list) or not expectations:
        remedy = 'Write {"name": …, "expectations": [{"type": …, "kwargs": {…}}]}'
        yield (), "The suite holds no list 'expectations'", remedy
        return
    for number, one in enumerate(expectations):
        place = ("expectations", number)
        if not isinstance(one, dict) or not isinstance(one.get("kwargs", {}), dict):
            yield place, "The expectation is no mapping", 'Write {"type": …, "kwargs": {…}}'
            continue
        if "type" not in one and "expectation_type" in one:
            remedy = "Save the suite with Great Expectations 1, or rename the field to 'type'"
            yield (*place, "expectation_type"), "The suite is of Great Expectations 0", remedy
        elif one.get("type") not in TYPES:
            yield (*place, "type"), *_unknown("expectation", one.get("type"), sorted(TYPES))
        for column in columns_of(one):
            if column not in columns:
                yield (*place, "kwargs"), *_unknown("column", column, columns)


def _unknown(what: str, name: object, known: list[str] | tuple[str, ...]) -> tuple[str, str]:
    near = get_close_matches(str(name), known, n=1)
    more = {"expectation": "; of Great Expectations' own, those run that need no SQL"}.get(what, "")
    remedy = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}{more}"
    return f"There is no {what} {name!r}", remedy


def _line(text: str, place: tuple[int | str, ...]) -> int:
    """JSON is YAML but for tabs and for letters that are written as pairs of escapes; the first
    line where those stand.
    """
    try:
        tree = yaml.compose(text.expandtabs(), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return 1
    return line_of(tree, place) if tree else 1
