"""The validated rows of a batch, of which only some columns are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import polars as pl

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord


def read_batch(lake: Objects, batch: BatchRecord, columns: Sequence[str]) -> pl.DataFrame:
    """All parts of a validated batch, in their order."""
    parts = [
        keys.validated_part(batch.problem, batch.dataset, batch.batch_id, part)
        for part in range(batch.parts)
    ]
    with ThreadPoolExecutor(4) as pool:
        frames = list(
            pool.map(
                lambda key: pl.read_parquet(BytesIO(lake.get(key)), columns=list(columns)), parts
            )
        )
    return pl.concat(frames, how="vertical")
