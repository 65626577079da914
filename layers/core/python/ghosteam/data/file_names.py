"""Columns under the names that files call them by: ``from``, or else their own."""

from __future__ import annotations

import json
from collections.abc import Mapping

import polars as pl

from ghosteam.data.frames import EXTRA, MALFORMED
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.reserved import BESIDE_CELLS


def columns_in_files(dataset: Dataset) -> Mapping[str, Column]:
    """The declared columns by every name that a file may have for them. A column that is found
    under two names is needed under the first, and one that is made where it lacks is not needed.
    """
    found = dict[str, Column]()
    for name, column in dataset.columns.items():
        optional = column.model_copy(update={"nullable": True})
        if column.from_ is not None:
            found |= {column.from_: column, name: optional}
        else:
            found[name] = optional if column.made_of else column
    return found


def as_declared_names(cells: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """A record batch with the columns' own names. Of a column that stands there under both of its
    names each row has one cell; a row that has two could not be split into columns.
    """
    for name, column in dataset.columns.items():
        source = column.from_
        if source is None or source not in cells.columns:
            continue
        if name not in cells.columns:
            cells = cells.rename({source: name})
            continue
        both = cells[name].is_not_null() & cells[source].is_not_null()
        faults = cells[MALFORMED].to_list()
        for index in both.arg_true():
            reason = f"The row has the column {name!r} twice: as {source!r} too"
            faults[index] = json.dumps({"reason": reason, "text": _text(cells, index)})
        cells = cells.with_columns(
            pl.coalesce(source, name).alias(name),
            pl.Series(MALFORMED, faults, dtype=pl.String),
        ).drop(source)
    return cells


def _text(cells: pl.DataFrame, index: int) -> str:
    """All cells of a row, as JSON."""
    row = cells.row(index, named=True)
    named = {name: cell for name, cell in row.items() if name not in BESIDE_CELLS}
    others = json.loads(row.get(EXTRA) or "{}")
    given = {name: cell for name, cell in {**named, **others}.items() if cell is not None}
    return json.dumps(given, ensure_ascii=False)
