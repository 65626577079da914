"""The validated rows of a batch, of which only some columns are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import polars as pl

from ghosteam.aws.chunks import each_chunk
from ghosteam.aws.objects import Objects
from ghosteam.data.declared import as_declared, no_rows
from ghosteam.documents.batch import BatchRecord
from ghosteam.problem.datasets import Dataset


def read_batch(
    lake: Objects, batch: BatchRecord, dataset: Dataset, columns: Sequence[str]
) -> pl.DataFrame:
    """All parts of a validated batch, in their order, as ``dataset`` declares the ``columns``."""
    frames = each_chunk(
        lambda key: _read(lake.get(key), dataset, columns), batch.validated_parts, workers=4
    )
    return pl.concat([no_rows(dataset, columns), *frames], how="vertical")


def _read(content: bytes, dataset: Dataset, columns: Sequence[str]) -> pl.DataFrame:
    there = pl.read_parquet_schema(BytesIO(content))
    known = [name for name in columns if name in there]
    return as_declared(pl.read_parquet(BytesIO(content), columns=known), dataset, columns)
