"""Parquet, of whatever writer, to record batches: columns as the text that a CSV file would hold.

A struct is taken apart where a column is declared below it, as objects of JSON lines are.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import polars as pl

from ghosteam.data.cells import Cells
from ghosteam.data.frames import PART_CELLS, PART_CHARS, frame_of
from ghosteam.data.json_rows import objects_above
from ghosteam.data.written_numbers import decimal_commas
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column

_FIRST_ROWS = 100


def read_parquet(
    path: Path, part_rows: int, texts: Container[str], columns: Mapping[str, Column] | None
) -> Iterator[pl.DataFrame]:
    """The rows of a file.

    Raises:
        InvalidInput: a declared column holds lists or objects.
    """
    source = pl.scan_parquet(path, glob=False)
    rows = source.select(pl.len()).collect().item()
    above = objects_above(columns or ())
    wide = max(1, len(source.collect_schema()))
    part_rows = max(1, min(part_rows, PART_CELLS // wide))
    size = min(part_rows, _fitting(source.head(_FIRST_ROWS).collect()))
    offset = 0
    while offset < rows:
        part = source.slice(offset, size).collect()
        leaves = [leaf for name in part.columns for leaf in _leaves(part[name], above)]
        if columns is not None:
            _check_types(leaf for leaf in leaves if leaf.name in columns)
        names = [leaf.name for leaf in leaves]
        cells = Cells(names, decimal_commas(columns))
        for leaf in leaves:
            cells.add_series(leaf, is_text=leaf.name in texts)
        yield frame_of(
            names, cells.columns, offset + 1, part.height, misfits=cells.misfits, declared=columns
        )
        offset += part.height
        size = min(part_rows, _fitting(part))


def _fitting(rows: pl.DataFrame) -> int:
    """How many such rows make a part."""
    each = rows.estimated_size() / max(1, rows.height)
    return max(1, int(PART_CHARS / max(1.0, each)))


def _leaves(column: pl.Series, above: frozenset[str]) -> Iterator[pl.Series]:
    if not isinstance(column.dtype, pl.Struct) or column.name not in above:
        yield column
        return
    for field in column.dtype.fields:
        inner = column.struct.field(field.name).alias(f"{column.name}.{field.name}")
        yield from _leaves(inner, above)


def _check_types(columns: Iterator[pl.Series]) -> None:
    for column in columns:
        if not column.dtype.is_nested() or column.null_count() == column.len():
            continue
        holds, remedy = "lists", "Write one value a row into it, or a column for each"
        if isinstance(column.dtype, pl.Struct):
            field = column.dtype.fields[0].name
            holds, remedy = "objects", f"Declare its fields, as in '{column.name}.{field}'"
        raise InvalidInput(
            f"The column {column.name} holds {holds}: {column.dtype}",
            where={"column": column.name},
            remedy=remedy,
        )
