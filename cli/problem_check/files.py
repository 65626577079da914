"""Which data set a file belongs to, by its columns."""

from __future__ import annotations

from collections.abc import Mapping

from cli.files.recipe import Recipe
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem


def dataset_of(columns: tuple[str, ...], problem: Problem, recipes: Mapping[str, Recipe]) -> str:
    """The data set whose required columns a file has, and most of whose columns.

    Raises:
        InvalidInput: none has them, or two fit equally well.
    """
    merits = {}
    lacking = {}
    for name, dataset in problem.datasets.items():
        added = {recipes[name].row_id} if name in recipes else set()
        needed = {c for c, column in dataset.columns.items() if not column.nullable} - added
        lacking[name] = sorted(needed - set(columns))
        if not lacking[name]:
            ours = set(dataset.columns) - added
            merits[name] = len(ours & set(columns)) / len(ours | set(columns))
    if not merits:
        nearest = min(lacking, key=lambda name: len(lacking[name]))
        raise InvalidInput(
            "The file has the columns of no data set: "
            f"{nearest} needs {', '.join(lacking[nearest])} too",
            where={"columns": ", ".join(columns)},
            remedy="Add the columns, or declare them nullable in problem.yaml",
        )
    best = max(merits, key=lambda name: merits[name])
    if [name for name in merits if merits[name] == merits[best]] != [best]:
        raise InvalidInput(
            f"The file may belong to {' or '.join(merits)}",
            where={"columns": ", ".join(columns)},
            remedy="Say which with --dataset",
        )
    return best
