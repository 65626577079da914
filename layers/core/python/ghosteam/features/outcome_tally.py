"""How far labels and events have met."""

from __future__ import annotations

import polars as pl

from ghosteam.data.derive import TARGET, states_outcome
from ghosteam.documents.outcomes import Outcomes
from ghosteam.problem.spec import EVENT_TIME, Problem

MOST_DAYS = 1500
MOST_EXAMPLES = 5


def tally(events: pl.DataFrame, labels: pl.DataFrame, problem: Problem) -> Outcomes:
    """``events`` and ``labels``: as :mod:`ghosteam.features.current_events` gives them."""
    key = list(problem.event_id)
    usable = pl.col(TARGET).is_not_null() & pl.col(TARGET).is_not_nan()
    waiting = labels.join(events, on=key, how="anti", maintain_order="left").select(key)
    days = (
        events.group_by(pl.col(EVENT_TIME).dt.date().alias("day"))
        .agg(usable.sum().alias("labelled"))
        .sort("day")
        .tail(MOST_DAYS)
    )
    return Outcomes(
        events=events.height,
        labelled=events.filter(usable).height,
        labels=labels.height,
        waiting=waiting.height,
        unusable=events.filter(states_outcome(problem), ~usable).height,
        examples=tuple(_told(row) for row in waiting.tail(MOST_EXAMPLES).iter_rows(named=True)),
        days={day.isoformat(): labelled for day, labelled in days.iter_rows()},
    )


def _told(row: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())
