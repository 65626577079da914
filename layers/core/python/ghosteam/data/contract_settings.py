"""What a contract asks of a table and not of its rows: a file that lacks it would be refused whole,
however good its rows are, so it is told when the problem is loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrors

from ghosteam.data.convert import TYPES
from ghosteam.errors import Defect
from ghosteam.problem.datasets import Dataset

_ROWS = "A contract is held against rows, one by one"


def setting_faults(
    contract: pa.DataFrameSchema, dataset: Dataset, folder: Path, reference: str
) -> Iterator[Defect]:
    """What of a ``contract``, of that ``reference`` in a problem's ``folder``, no file of the data
    set could keep, or no row by itself, each at its line.
    """
    module, _, class_name = reference.rpartition(".")
    path = folder / f"{module}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for name, message, remedy in _faults(contract, dataset):
        where = {"folder": folder.name, "file": path.name, "line": _line(tree, class_name, name)}
        yield Defect(message, where={**where, "field": name}, remedy=remedy)


def _faults(contract: pa.DataFrameSchema, dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """Name of a setting or column, message and remedy."""
    if contract.unique:
        yield (
            "unique",
            f"{_ROWS}, and 'unique' asks something of several",
            "Remove it: of rows with the same id (datasets.<name>.id) the newest counts",
        )
    empty = pl.DataFrame(schema={name: TYPES[one.type] for name, one in dataset.columns.items()})
    try:
        contract.validate(empty, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            if not isinstance(error.check, pa.Check):
                yield _of_table(error, dataset)


def _of_table(error: SchemaError, dataset: Dataset) -> tuple[str, str, str]:
    reason = error.reason_code.name if error.reason_code else ""
    if reason == "COLUMN_NOT_IN_SCHEMA":
        return (
            "strict",
            f"'strict' refuses a column that the data set declares: {error.failure_cases}",
            "Remove 'strict', or give the class all columns: files cannot bring others anyway",
        )
    if reason == "COLUMN_NOT_ORDERED":
        return (
            "ordered",
            "'ordered' refuses the order in which the data set declares its columns",
            "Remove it: the order of a file's columns does not matter",
        )
    name = str(error.failure_cases if reason == "COLUMN_NOT_IN_DATAFRAME" else error.schema.name)
    if reason == "WRONG_DATATYPE":
        kind = dataset.columns[name].type
        message = f"The column {name} is declared as {kind}, and the contract says otherwise"
        return name, message, f"Write the type that {kind} has in polars, or none: {error.check}"
    return (
        name,
        f"No declared column is called {name}",
        f"Declared are {', '.join(dataset.columns)}",
    )


def _line(tree: ast.Module, class_name: str, name: str) -> int | None:
    """Where a class, or one that it inherits from in the module, says something by that name; else
    where the class begins.
    """
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    own = classes.get(class_name)
    if own is None:
        return None
    for node in (*ast.walk(own), *(found for one in classes.values() for found in ast.walk(one))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return targets[0].lineno
    return own.lineno
