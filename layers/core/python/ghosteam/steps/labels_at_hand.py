"""Outcomes of events, as the batches that count tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.documents.batch import BatchRecord
from ghosteam.features.current_events import (
    current_events,
    label_columns,
    named_events,
    outcome_columns,
)
from ghosteam.features.lake_parts import event_batches, label_batches, parts_of, span_of
from ghosteam.problem.spec import EVENT_TIME, Problem


def read_labels(
    problem: Problem,
    ledger: BatchLedger,
    *,
    lake: Objects,
    begin: datetime,
    end: datetime,
    now: datetime,
) -> pl.DataFrame:
    """Outcomes of events in ``[begin, end)`` that are known at ``now``: the columns of entity and
    id, ``event_time``, ``target``; the latest landed row, and label, of an event wins.
    """
    known = _events(problem, ledger, lake, begin=begin, end=end).filter(
        pl.col(EVENT_TIME).is_between(begin, end, closed="left"),
        pl.col(TARGET).is_not_nan(),
        pl.col(KNOWN_AT) <= now,
    )
    return known.select(list(dict.fromkeys((*problem.naming_columns, EVENT_TIME, TARGET))))


def label_times(
    problem: Problem, batch: BatchRecord, ledger: BatchLedger, *, lake: Objects
) -> list[datetime]:
    """Times of the events that a batch of labels is about, as far as they are there, each once.
    Where labels do not tell them, every batch of events is read.
    """
    rows = _read(problem, [batch], label_columns(problem), lake)
    if not rows:
        return []
    named = named_events(pl.concat(rows), problem, batch.dataset)
    span = span_of(batch)
    batches = ledger.active(problem.problem, problem.events_name)
    near = (
        event_batches(problem, batches, begin=span[0], end=span[1] + timedelta(microseconds=1))
        if span
        else batches
    )
    events = current_events(_read(problem, near, outcome_columns(problem), lake), problem)
    about = events.join(named, on=list(problem.event_id), how="semi")
    return about[EVENT_TIME].unique(maintain_order=True).to_list()


def _events(
    problem: Problem, ledger: BatchLedger, lake: Objects, *, begin: datetime, end: datetime
) -> pl.DataFrame:
    """Current events of the batches that say what is true in ``[begin, end)``."""
    name, labels = problem.problem, problem.labels_name
    near = event_batches(problem, ledger.active(name, problem.events_name), begin=begin, end=end)
    told = label_batches(ledger.active(name, labels), begin=begin, end=end) if labels else []
    return current_events(
        _read(problem, near, outcome_columns(problem), lake),
        problem,
        _read(problem, told, label_columns(problem), lake),
    )


def _read(
    problem: Problem, batches: Sequence[BatchRecord], columns: Sequence[str], lake: Objects
) -> list[pl.DataFrame]:
    return [
        pl.read_parquet(BytesIO(lake.get(key)), columns=list(columns))
        for key in parts_of(problem, batches)
    ]
