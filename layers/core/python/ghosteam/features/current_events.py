"""Events as they stand now, with their outcomes: the newest row of each event, and the newest label
of it where labels tell outcomes. Everything that learns from outcomes or judges by them begins
here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from ghosteam.data.declared import no_rows
from ghosteam.data.derive import outcome_sources, states_outcome, with_event_time, with_outcome
from ghosteam.problem.spec import EVENT_TIME, Problem


def outcome_columns(problem: Problem) -> tuple[str, ...]:
    """Event columns from which entity, id, windows, outcome and its time follow."""
    needed = {
        *problem.naming_columns,
        *problem.event_time_expression.columns,
        *problem.known_at_expression.columns,
        *problem.window_columns(problem.events_name),
        *outcome_sources(problem),
    }
    return tuple(column for column in problem.events.columns if column in needed)


def label_columns(problem: Problem) -> tuple[str, ...]:
    """Label columns that name an event, and those from which outcome and its time follow; none
    without labels.
    """
    needed = {*problem.label_key, *_told_columns(problem)}
    declared = problem.labels.columns if problem.labels else {}
    return tuple(column for column in declared if column in needed)


def current_events(
    parts: Iterable[pl.DataFrame], problem: Problem, labels: Iterable[pl.DataFrame] = ()
) -> pl.DataFrame:
    """Events with ``event_time``, ``target`` and ``known_at``; of several rows of one event, and of
    several labels of it, the latest landed counts.

    ``parts`` and ``labels`` are in landed order, oldest first, and hold at least what
    :func:`outcome_columns` and :func:`label_columns` name. A label whose event is not there changes
    nothing. Without ``parts`` there are no events.
    """
    rows = _event_rows(parts, problem)
    newest = rows.unique(subset=problem.event_id, keep="last", maintain_order=True)
    if problem.labels is None:
        return with_outcome(newest, problem)
    return with_outcome(_labelled(newest, current_labels(labels, problem), problem), problem)


@dataclass(frozen=True)
class Current:
    """Events and labels as they stand: see :func:`current_events`, :func:`current_labels`."""

    events: pl.DataFrame
    labels: pl.DataFrame


def current_labels(parts: Iterable[pl.DataFrame], problem: Problem) -> pl.DataFrame:
    """The newest label of each event, if it states an outcome: the columns of
    ``Problem.event_id`` and what it tells. ``parts``: as in :func:`current_events`.
    """
    newest = label_rows(parts, problem).unique(
        subset=problem.event_id, keep="last", maintain_order=True
    )
    return newest.filter(states_outcome(problem))


def label_rows(parts: Iterable[pl.DataFrame], problem: Problem) -> pl.DataFrame:
    """All rows of labels, with the columns of ``Problem.event_id`` and what they tell."""
    assert problem.labels is not None
    columns = label_columns(problem)
    rows = pl.concat([no_rows(problem.labels, columns), *(part.select(columns) for part in parts)])
    if EVENT_TIME in problem.event_id:
        rows = with_event_time(rows, problem)
    return rows.select(*problem.event_id, *_told_columns(problem))


def named_events(rows: pl.DataFrame, problem: Problem, dataset: str) -> pl.DataFrame:
    """The columns of ``Problem.event_id`` of the events that rows of events, or of labels, are
    about, each once.
    """
    named = (
        _event_rows([rows], problem)
        if dataset == problem.events_name
        else label_rows([rows], problem)
    )
    return named.select(problem.event_id).unique(maintain_order=True)


def _event_rows(parts: Iterable[pl.DataFrame], problem: Problem) -> pl.DataFrame:
    frames = list(parts) or [no_rows(problem.events, outcome_columns(problem))]
    return with_event_time(pl.concat(frames, how="vertical"), problem)


def _labelled(events: pl.DataFrame, labels: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    return events.join(labels, on=list(problem.event_id), how="left", maintain_order="left")


def _told_columns(problem: Problem) -> tuple[str, ...]:
    """Label columns from which outcome and its time follow."""
    declared = problem.labels.columns if problem.labels else {}
    read = {
        *outcome_sources(problem),
        *problem.stated_columns,
        *problem.known_at_expression.columns,
    }
    return tuple(name for name in declared if name in read and name not in problem.label_key)
