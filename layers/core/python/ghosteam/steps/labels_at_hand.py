"""Outcomes of events, as the batches that count tell them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.data.derive import KNOWN_AT, TARGET
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import span_of
from ghosteam.features.current_events import (
    current_events,
    label_columns,
    named_events,
    outcome_columns,
)
from ghosteam.features.lake_parts import event_batches, times_are_fixed
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.batch_rows import read_batch

_MOMENT = timedelta(microseconds=1)


def read_labels(
    problem: Problem,
    ledger: BatchLedger,
    *,
    lake: Objects,
    begin: datetime,
    end: datetime,
    now: datetime,
) -> pl.DataFrame:
    """Outcomes of events in ``[begin, end)``, of all where they have no time, that are known at
    ``now``: the columns of entity and id, ``event_time``, ``target``; the latest landed row, and
    label, of an event wins.
    """
    events = current_events(
        _event_rows(problem, ledger, lake, begin=begin, end=end),
        problem,
        _label_rows(problem, ledger, lake, begin=begin, end=end),
    )
    asked_about = pl.col(EVENT_TIME).is_between(begin, end, closed="left")
    known = events.filter(
        asked_about if problem.timed else pl.lit(True),
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
    assert problem.labels is not None
    rows = read_batch(lake, batch, problem.labels, label_columns(problem))
    named = named_events(rows, problem, batch.dataset)
    if span := span_of(batch):
        parts = _event_rows(problem, ledger, lake, begin=span[0], end=span[1] + _MOMENT)
    else:
        every = ledger.active(problem.problem, problem.events_name)
        parts = _read_events(problem, every, lake)
    events = current_events(parts, problem)
    about = events.join(named, on=list(problem.event_id), how="semi")
    return about[EVENT_TIME].unique(maintain_order=True).to_list()


def _event_rows(
    problem: Problem, ledger: BatchLedger, lake: Objects, *, begin: datetime, end: datetime
) -> list[pl.DataFrame]:
    """Rows of the batches that say what is true of the events in ``[begin, end)``."""
    near = _counted(problem, problem.events_name, ledger, begin=begin, end=end)
    if problem.timed:
        near = event_batches(problem, near, begin=begin, end=end)
    return _read_events(problem, near, lake)


def _label_rows(
    problem: Problem, ledger: BatchLedger, lake: Objects, *, begin: datetime, end: datetime
) -> list[pl.DataFrame]:
    """Rows of the batches that may tell outcomes of events in ``[begin, end)``."""
    if problem.labels_name is None or problem.labels is None:
        return []
    near = _counted(problem, problem.labels_name, ledger, begin=begin, end=end)
    return [read_batch(lake, one, problem.labels, label_columns(problem)) for one in near]


def _counted(
    problem: Problem, dataset: str, ledger: BatchLedger, *, begin: datetime, end: datetime
) -> list[BatchRecord]:
    """Batches of events, or of labels, in landed order, that touch ``[begin, end)``. Where an
    event's id does not say its time, all that landed are asked which of them tell something of
    then.
    """
    index = ledger.index(problem.problem, dataset)
    counted = index.touching([(begin, end)]) if times_are_fixed(problem) else index.all()
    return [one.batch for one in counted]


def _read_events(
    problem: Problem, batches: Iterable[BatchRecord], lake: Objects
) -> list[pl.DataFrame]:
    columns = outcome_columns(problem)
    return [read_batch(lake, one, problem.events, columns) for one in batches]
