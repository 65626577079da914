"""Training set and hold-out of files, made as a run makes them, with so few rows that a laptop is
not kept busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from cli.column_statistics import ends
from cli.infer.ready import assessed
from cli.problem_check.told import Line
from ghosteam.data.derive import TARGET
from ghosteam.features.split import Spans, sets_of, split
from ghosteam.features.training_set import (
    SourceFrames,
    join_features,
    model_frame,
    read_sources,
)
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.timeexpr import ANY_TIME
from ghosteam.retraining.readiness import Ready, Waiting

MOST_ROWS = 30_000


@dataclass(frozen=True)
class TrainingRows:
    """``train`` and ``holdout`` as models read them; ``rows``: how many there would be of each."""

    train: pl.DataFrame
    holdout: pl.DataFrame
    rows: tuple[int, int]


def sources_of(problem: Problem, rows: Mapping[str, pl.DataFrame]) -> SourceFrames:
    """Events and view rows of good ``rows`` by data set.

    Raises:
        InvalidInput: a data set that features come from has none.
    """
    return read_sources(problem, {name: [name] for name in rows}, lambda name: rows[name])


def first_run(
    problem: Problem, rows: Mapping[str, pl.DataFrame], events: pl.DataFrame, *, now: datetime
) -> tuple[Spans, list[Line]]:
    """The stretches of a first run; where the loop would wait for more data, those that it would
    have without its limits. ``events``: with their times.
    """
    found = assessed(problem, rows, now=now)
    if isinstance(found, Waiting):
        lines = [Line("!", f"the loop would wait: {_why(reason)}") for reason in found.reasons]
        return _without_limits(problem, events), lines
    assert isinstance(found, Ready)
    spans = Spans(found.train_start, found.holdout_start, found.holdout_end)
    if not problem.timed:
        return spans, [Line("✓", f"enough rows for a first run; {problem.holdout} are held out")]
    told = (
        f"a first run would learn from {max(found.train_start, _first(events)):%Y-%m-%d} to "
        f"{found.holdout_start:%Y-%m-%d}, and be judged on the days to {found.holdout_end:%Y-%m-%d}"
    )
    return spans, [Line("✓", told)]


def missing_sets(problem: Problem, sources: SourceFrames, spans: Spans) -> list[Line]:
    """What there is, and what is missing, where a set would be empty; nothing where none would."""
    sets = sets_of(sources.events, spans, problem=problem)
    missing = [
        purpose
        for purpose, frame in (("learn from", sets.train), ("judge by", sets.holdout))
        if frame.is_empty()
    ]
    if not missing:
        return []
    known = sources.events[TARGET].count()
    there = f"events: {sources.events.height:,}, of these with an outcome: {known:,}"
    if not problem.timed:
        what = f"{there}: too few to hold out {problem.holdout} of them"
        return [Line("!", f"{what}, so there is none to {' or to '.join(missing)}"), _MORE]
    first, last = ends(sources.events[EVENT_TIME])
    begin = f"{spans.holdout_start:%Y-%m-%d %H:%M}"
    reasons = {
        "learn from": f"none to learn from: no outcome was known before {begin}, when the "
        f"{problem.holdout} begin that are held out",
        "judge by": f"none to judge by: no outcome is known of events from {begin} on",
    }
    return [
        Line("!", f"{there}, from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"),
        *(Line("!", reasons[purpose]) for purpose in missing),
        _MORE,
        Line(" ", f"or write a shorter 'holdout' than {problem.holdout}, or a shorter 'matures'"),
    ]


_MORE = Line(" ", "features, leaks and a model need both: name more files with --data")


def training_rows(
    problem: Problem, sources: SourceFrames, spans: Spans, *, most: int = MOST_ROWS
) -> TrainingRows:
    """Rows of both sets with all features, a sample where there are more than ``most``.

    Raises:
        InvalidInput: one of the sets is empty, or an outcome is none of the task's.
    """
    train, holdout, _ = split(sources.events, spans, problem=problem)
    few = [sampled(frame, most) for frame in (train, holdout)]
    frame = with_features(problem, sources, pl.concat(few))
    return TrainingRows(
        frame.head(few[0].height), frame.tail(few[1].height), (train.height, holdout.height)
    )


def with_features(problem: Problem, sources: SourceFrames, events: pl.DataFrame) -> pl.DataFrame:
    """Some of the sources' ``events``, in their order, as models read them: with all features as
    they were known at each event's time.
    """
    return model_frame(join_features(events, problem, sources.views), problem)


def sampled(frame: pl.DataFrame, most: int) -> pl.DataFrame:
    """Evenly over all rows, in their order."""
    if frame.height <= most:
        return frame
    return frame.with_row_index("_row").sample(most, seed=0).sort("_row").drop("_row")


def _why(reason: str) -> str:
    return reason.removeprefix("waiting, because ")


def _first(events: pl.DataFrame) -> datetime:
    return ends(events[EVENT_TIME])[0]


def _without_limits(problem: Problem, events: pl.DataFrame) -> Spans:
    if not problem.timed:
        return Spans(ANY_TIME, ANY_TIME, ANY_TIME)
    first, last = ends(events[EVENT_TIME])
    return Spans(first, problem.held_out_length.before(last), last)
