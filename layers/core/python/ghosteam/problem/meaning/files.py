"""What is declared of files: a name in them is one column's, and ids are made of whole events."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.reserved import BESIDE_CELLS
from ghosteam.problem.spec import Problem


def names_in_files(problem: Problem) -> Iterator[Diagnostic]:
    """``from`` names a column of files, and no two columns are found under one name."""
    for dataset_name, dataset in problem.datasets.items():
        owners = {name: name for name in dataset.columns}
        for name, column in dataset.columns.items():
            if (source := column.from_) is None:
                continue
            place = ("datasets", dataset_name, "columns", name, "from")
            if source != source.strip() or not source:
                yield Diagnostic(
                    place,
                    f"{source!r} is no name of a column: blanks around names do not count in files",
                    "Write it without blanks around it, and not empty",
                )
            elif source in BESIDE_CELLS:
                yield Diagnostic(
                    place,
                    f"{source!r} is a name that the project itself has beside a file's columns",
                    "Rename the column in the files",
                )
            elif owners.setdefault(source, name) != name:
                yield Diagnostic(
                    place,
                    f"{source!r} is the column {owners[source]!r} in files already",
                    "Let each name in files be one column's; a column is found under its own name "
                    "too",
                )


def made_ids(problem: Problem) -> Iterator[Diagnostic]:
    """Only what names an event, or a fact, can be made of its content, and only one column."""
    for dataset, told in problem.datasets.items():
        made = [name for name, column in told.columns.items() if column.made_of]
        for name in made:
            if name not in told.id or len(made) > 1:
                yield Diagnostic(
                    ("datasets", dataset, "columns", name, "made_of"),
                    f"{name!r} is made of a row's content: only one column can be, of the 'id' of "
                    "events or facts",
                    "Leave it out, or name the column in 'id'",
                )
