"""Which data set a file belongs to, by its columns."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cli.files.landing import LandingFile
from ghosteam.data.frames import EXTRA
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.reserved import BESIDE_CELLS
from ghosteam.problem.spec import Problem

_FIRST_ROWS = 1_000


@dataclass(frozen=True)
class Peek:
    """The columns of a file as a data set reads it: those that are ``declared``, and ``others``."""

    declared: tuple[str, ...]
    others: tuple[str, ...]

    def lacks(self, dataset: Dataset) -> list[str]:
        """Columns without which the data set refuses the file."""
        return sorted(
            name
            for name, column in dataset.columns.items()
            if name not in self.declared and not column.nullable and not column.made_of
        )


def peek(landing: LandingFile, dataset: Dataset) -> Peek:
    """Look at the first rows.

    Raises:
        InvalidInput: the file cannot be read.
    """
    cells = next(landing.opened(dataset, _FIRST_ROWS).cells())
    declared = tuple(name for name in cells.columns if name not in BESIDE_CELLS)
    others: dict[str, None] = {}
    for text in cells[EXTRA].drop_nulls() if EXTRA in cells.columns else ():
        others |= dict.fromkeys(json.loads(text))
    return Peek(declared, tuple(others))


def dataset_of(landing: LandingFile, problem: Problem) -> str:
    """The data set whose required columns a file has, and most of whose columns.

    Raises:
        InvalidInput: the file cannot be read, none has its columns, or two fit equally well.
    """
    seen, faults = dict[str, Peek](), list[InvalidInput]()
    for name, dataset in problem.datasets.items():
        try:
            seen[name] = peek(landing, dataset)
        except InvalidInput as error:
            faults.append(error)
    if not seen:
        raise faults[0]
    lacking = {name: found.lacks(problem.datasets[name]) for name, found in seen.items()}
    merits = {
        name: _merit(found, problem.datasets[name])
        for name, found in seen.items()
        if not lacking[name]
    }
    nearest = min(lacking, key=lambda name: len(lacking[name]))
    columns = ", ".join((*seen[nearest].declared, *seen[nearest].others))
    if not merits:
        raise InvalidInput(
            "The file has the columns of no data set: "
            f"{nearest} needs {', '.join(lacking[nearest])} too",
            where={"columns": columns},
            remedy="Add the columns, or declare them nullable in problem.yaml",
        )
    best = max(merits, key=lambda name: merits[name])
    if [name for name in merits if merits[name] == merits[best]] != [best]:
        raise InvalidInput(
            f"The file may belong to {' or '.join(merits)}",
            where={"columns": columns},
            remedy="Say which with --dataset",
        )
    return best


def _merit(found: Peek, dataset: Dataset) -> float:
    """How much of its columns and of the data set's are the same."""
    ours = {name for name, column in dataset.columns.items() if not column.made_of}
    return len(ours & {*found.declared}) / len(ours | {*found.declared, *found.others})
