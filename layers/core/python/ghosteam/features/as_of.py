"""The join of events with what was known at their time."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ghosteam.features.view_rows import KNOWN_FROM
from ghosteam.problem.spec import EVENT_TIME

_ID = "_key"


def as_of(
    events: pl.DataFrame, rows: pl.DataFrame, *, keys: Sequence[str], values: Sequence[str]
) -> pl.DataFrame:
    """``events`` in their order with the columns ``values`` of the row that has an event's ``keys``
    and is the newest by ``event_timestamp`` of those no later than its ``event_time``; of two of
    one time the later in ``rows``. Null where there is none, or where a key is null.

    Keys are numbered first: only rows that some event asks for are sorted, and a join by one number
    is what the library does best. Most views have one row a key, which needs no search in time.
    Source of the meaning: Feast's point-in-time joins; ``tests/contract`` holds both together.
    """
    asked = events.select(keys).drop_nulls().unique(maintain_order=True).with_row_index(_ID)
    typed = rows.with_columns(pl.col(key).cast(asked.schema[key]) for key in keys)
    wanted = typed.join(asked, on=list(keys), how="inner").select(_ID, KNOWN_FROM, *values)
    numbered = events.join(asked, on=list(keys), how="left", maintain_order="left")
    if wanted.get_column(_ID).n_unique() == wanted.height:
        known = pl.col(KNOWN_FROM) <= pl.col(EVENT_TIME)
        return (
            numbered.join(wanted, on=_ID, how="left", maintain_order="left")
            .with_columns(pl.when(known).then(pl.col(values)).otherwise(None).name.keep())
            .drop(_ID, KNOWN_FROM)
        )
    order = "_order"
    placed = numbered.with_row_index(order)
    found = (
        placed.select(order, _ID, EVENT_TIME)
        .drop_nulls()
        .sort(EVENT_TIME)
        .join_asof(
            wanted.sort(KNOWN_FROM, maintain_order=True),
            left_on=EVENT_TIME,
            right_on=KNOWN_FROM,
            by=_ID,
            strategy="backward",
            check_sortedness=False,  # both are; of groups it cannot be checked
        )
    )
    return placed.join(
        found.select(order, *values), on=order, how="left", maintain_order="left"
    ).drop(order, _ID)
