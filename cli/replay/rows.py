"""A history made of files: events with their features and outcomes, in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cli.infer.ready import days_of
from cli.problem_check.training_rows import sampled, sources_of, with_features
from ghosteam.data.derive import KNOWN_AT, LAST_KNOWN, TARGET
from ghosteam.documents.coverage import DayRows, Days
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import EVENT_TIME, Problem


@dataclass(frozen=True)
class HistoryRows:
    """``frame``: events as models read them, a sample of ``events``, of which each stands for
    ``stands_for``; ``events``: time, outcome and when that was known, of all; ``lookups``: days of
    the other data sets.
    """

    frame: pl.DataFrame
    events: pl.DataFrame
    lookups: Mapping[str, Days]

    @property
    def stands_for(self) -> float:
        """How many events a row of the sample stands for."""
        return self.events.height / self.frame.height

    def known_days(self, as_of: datetime) -> Days:
        """Events by day whose outcome was known at a moment."""
        known = self.events.filter(pl.col(KNOWN_AT) <= as_of, pl.col(TARGET).is_not_null())
        found = known.group_by(pl.col(EVENT_TIME).dt.strftime("%Y-%m-%d").alias("day")).agg(
            pl.len(), pl.col(EVENT_TIME).max().alias("last")
        )
        return {day: DayRows(rows, rows, last) for day, rows, last in found.iter_rows()}


def rows_of(
    problem: Problem, datasets: Mapping[str, pl.DataFrame], *, most: int, now: datetime
) -> HistoryRows:
    """Of good rows by data set; at most so many events are looked at, drawn evenly over all.

    Raises:
        InvalidInput: events have no time, or a data set has no rows.
    """
    if not problem.timed:
        raise InvalidInput(
            "Events without a time have no windows: there is no order in which to replay them",
            where={"problem": problem.problem, "field": "event_time"},
            remedy="Declare event_time in problem.yaml, if the data have one",
        )
    sources = sources_of(problem, datasets)
    events = sources.events.sort(EVENT_TIME, maintain_order=True)
    if events.is_empty():
        raise InvalidInput(
            "There are no events to replay",
            where={"dataset": problem.events_name},
            remedy=f"Name files of {problem.events_name} with --data",
        )
    # A last known outcome is found among what was known, when a model is made.
    few = sampled(events, most).with_columns(pl.lit(None, pl.Float64).alias(LAST_KNOWN))
    return HistoryRows(
        with_features(problem, sources, few),
        events.select(EVENT_TIME, KNOWN_AT, TARGET),
        {
            name: days_of(frame, problem, name, now)
            for name, frame in datasets.items()
            if name != problem.events_name
        },
    )
