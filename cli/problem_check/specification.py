"""Faults of ``problem.yaml`` and of the Python beside it, with file, line and field."""

from __future__ import annotations

from pathlib import Path

import yaml

from cli.problem_check.told import Line
from ghosteam.data.contracts import check_contracts
from ghosteam.data.expectations import check_suites, suite_path, with_suites
from ghosteam.data.targets import expression_faults
from ghosteam.errors import GhosteamError, InvalidInput
from ghosteam.problem.load import FILE_NAME, InvalidProblems, load_problem
from ghosteam.problem.spec import Problem
from ghosteam.problem.yaml_file import Loader


def check_specification(folder: Path, *, environment: str) -> tuple[Problem | None, list[Line]]:
    """The problem of a folder as ``environment`` has it, if it has no faults, and all faults, those
    of the other environments too.
    """
    lines: list[Line] = []
    problem = None
    for one in dict.fromkeys((None, environment, *_environments(folder))):
        try:
            loaded = load_problem(folder, environment=one, also=expression_faults)
        except InvalidProblems as error:
            lines += _faults(list(error.faults), lines, one)
            continue
        except InvalidInput as error:
            lines += _faults([error], lines, one)
            continue
        if one == environment:
            problem = loaded
            named, repository = {loaded.problem: loaded}, folder.parent
            found = [*check_contracts(named, repository), *check_suites(named, repository)]
            lines += _faults(found, lines, one)
    if lines or problem is None:
        return None, lines
    files = [FILE_NAME, *(str(suite_path(Path(), one)) for one in with_suites(problem, folder))]
    return problem, [Line("✓", f"{folder.name}/{file} has no faults") for file in files]


def _environments(folder: Path) -> list[str]:
    """Those that the file names; none of one that cannot be read, which is told elsewhere."""
    try:
        document = yaml.load((folder / FILE_NAME).read_text(encoding="utf-8"), Loader=Loader)
        return list(document["environments"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, KeyError, TypeError):
        return []


def _faults(faults: list[GhosteamError], known: list[Line], environment: str | None) -> list[Line]:
    """A line a fault; what was found in another environment already is not told again."""
    told = {line.text.partition(" [in ")[0] for line in known}
    return [
        Line("✗", text + (f" [in {environment}]" if environment else ""))
        for fault in faults
        if (text := fault_text(fault)) not in told
    ]


def fault_text(fault: GhosteamError) -> str:
    """``file:line field: what is wrong. What to do``."""
    where = {name: str(value) for name, value in fault.where.items()}
    place = ":".join(where.pop(name) for name in ("file", "line") if name in where)
    rest = (
        [where.pop("field"), *[f"{k} {v}" for k, v in where.items()]]
        if "field" in where
        else [f"{name} {value}" for name, value in where.items()]
    )
    head = " ".join(part for part in (place, ", ".join(rest)) if part)
    told = f"{head}: {fault.message}" if head else fault.message
    return f"{told}. {fault.remedy}" if fault.remedy else told
