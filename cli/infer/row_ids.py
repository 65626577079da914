"""The ids that rows without one get when their files are read."""

from __future__ import annotations

import json
from collections.abc import Collection

import polars as pl

from cli.infer.column import InferredColumn
from cli.infer.datasets import FoundDataset
from ghosteam.data.frames import EXTRA, as_json
from ghosteam.data.row_ids import RowIds

_EXAMPLE = "a1"


def described(name: str, rows: int) -> InferredColumn:
    """The column that files do not have."""
    return InferredColumn(name, "string", rows, missing=0, distinct=rows, example=_EXAMPLE)


def with_row_ids(
    rows: pl.DataFrame, name: str, source: FoundDataset, declared: Collection[str]
) -> pl.DataFrame:
    """``rows``, the first of the ``source`` in their types, with the ids that they get where these
    columns are ``declared``.
    """
    columns = [one for one in rows.columns if one in declared and one != name]
    part = rows.select(columns).with_columns(
        pl.lit(None, pl.String).alias(name), _others(source, columns).head(rows.height)
    )
    return rows.with_columns(RowIds(name).filled(part)[name])


def _others(source: FoundDataset, declared: Collection[str]) -> pl.Series:
    """What rows say in columns that are not declared."""
    left = [column for column in source.rows if column.name not in declared]
    if not left:
        return source.others.alias(EXTRA)
    found = as_json(left)
    if source.others.null_count() == source.others.len():
        return found
    both = zip(found, source.others, strict=True)
    merged = [json.dumps(json.loads(one) | json.loads(other or "{}")) for one, other in both]
    return pl.Series(EXTRA, merged, pl.String)
