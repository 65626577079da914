"""What a row's entity last did, as far as it was known when the row's prediction was asked."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ghosteam.data.derive import KNOWN_AT, LAST_KNOWN, TARGET
from ghosteam.problem.spec import EVENT_TIME


def with_last_known(events: pl.DataFrame, entity: Sequence[str]) -> pl.DataFrame:
    """Adds ``_last_known`` (Float64): the outcome of the newest earlier event of the same entity
    that was known before the row's ``event_time``; of any entity where the row's own has none; null
    where there is none at all.

    ``events`` have the columns of ``entity``, ``event_time``, and ``known_at`` and ``target``,
    which are not null. Earlier and before are strict: a row never sees itself, nor one of its own
    time. Of events at the same time the one that became known last counts, then the later row. One
    sort of twice the rows, whatever the number of entities.
    """
    newest_last = (
        events.select(
            pl.struct(entity).rank("dense").alias("entity"),
            EVENT_TIME,
            KNOWN_AT,
            pl.col(TARGET).cast(pl.Float64),
        )
        .with_row_index("row")
        .sort(EVENT_TIME, KNOWN_AT, maintain_order=True)
        .with_row_index("place")
    )
    asked = newest_last.select("entity", "row", pl.col(EVENT_TIME).alias("at"))
    # An event counts from when it is both past and known.
    told = newest_last.select(
        "entity", "place", pl.max_horizontal(EVENT_TIME, KNOWN_AT).alias("at")
    )
    newest = pl.col("place").cum_max().forward_fill()
    seen = (
        pl.concat([asked, told], how="diagonal")  # in this order at the same moment
        .sort("at", maintain_order=True)
        .with_columns(pl.coalesce(newest.over("entity"), newest).alias("seen"))
        .filter(pl.col("row").is_not_null())
        .sort("row")
    )
    outcomes = newest_last.get_column(TARGET).gather(seen.get_column("seen"))
    return events.with_columns(outcomes.alias(LAST_KNOWN))
