"""Whether the data that arrived cover what a training run needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ghosteam.problem.durations import format_duration
from ghosteam.problem.spec import Problem

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
Labelled = tuple[Span, int]
"""The span of a batch, or of a day, of events, and how many of them have an outcome."""


@dataclass(frozen=True)
class Ready:
    """The windows of a run: training events in ``[train_start, holdout_start)``, hold-out in
    ``[holdout_start, holdout_end]``.
    """

    train_start: datetime
    holdout_start: datetime
    holdout_end: datetime

    def as_of(self, problem: Problem) -> datetime:
        """The earliest business time at which these windows are mature."""
        return self.holdout_end + problem.target.matures


@dataclass(frozen=True)
class Waiting:
    """What is missing, one sentence a data set, each beginning ``waiting, because``."""

    reasons: tuple[str, ...]


def assess_readiness(
    problem: Problem,
    coverage: Mapping[str, Sequence[Span | None]],
    *,
    as_of: datetime | None = None,
    labelled: Sequence[Labelled] = (),
) -> Ready | Waiting:
    """Windows for a run as of ``as_of`` (default: the newest event), or why there can be none yet.

    ``coverage``: for each data set the spans ``(oldest, newest)`` of its active batches, None for a
    batch without times. The newest ``holdout`` whose outcomes are mature, and at least
    ``retrain.min_train`` before it that was mature when it began, must be covered by events and by
    every timed data set that features are joined from; of a static data set one batch is enough.
    ``labelled``: batches, or days, of events of which those with an outcome were counted; where all
    that touch the hold-out have none, there is nothing to judge by.
    """
    events = _merged(coverage.get(problem.events_name, ()))
    if not events:
        return Waiting((f"waiting, because no batch of {problem.events_name} has arrived",))
    newest = max(end for _, end in events)
    holdout_end = min(newest, (as_of or newest) - problem.target.matures)
    holdout_start = holdout_end - problem.holdout
    needed_from = holdout_start - problem.target.matures - problem.retrain.min_train
    reasons = []
    needs = (
        f"{format_duration(problem.retrain.min_train)} to learn from and "
        f"{format_duration(problem.holdout)} to be judged on"
    )
    # Files of neighbouring periods leave a night between them; a hole as long as a watched window
    # is missing data.
    for name, needed, slack in [
        (problem.events_name, (needed_from, holdout_end), max(DAY, problem.watch.window)),
        *_lookups(problem, needed_from, holdout_end),
    ]:
        if needed is None:
            if not coverage.get(name):
                reasons.append(f"waiting, because no batch of {name} has arrived")
        elif hole := _hole(_merged(coverage.get(name, ())), needed, slack):
            reasons.append(
                f"waiting, because {name} has nothing from {hole[0]:%Y-%m-%d %H:%M} to "
                f"{hole[1]:%Y-%m-%d %H:%M} UTC; a run "
                f"needs {needs}"
            )
    near = [
        rows for (begin, end), rows in labelled if begin <= holdout_end and end >= holdout_start
    ]
    if near and not any(near):
        reasons.append(
            f"waiting, because no event from {holdout_start:%Y-%m-%d %H:%M} to "
            f"{holdout_end:%Y-%m-%d %H:%M} UTC, the hold-out, has an outcome"
        )
    if reasons:
        return Waiting(tuple(reasons))
    return Ready(holdout_start - problem.retrain.train_window, holdout_start, holdout_end)


def _lookups(
    problem: Problem, begin: datetime, end: datetime
) -> list[tuple[str, Span | None, timedelta]]:
    needed: list[tuple[str, Span | None, timedelta]] = []
    for name in problem.joined_datasets:
        dataset = problem.datasets[name]
        if dataset.every is None:
            needed.append((name, None, DAY))
        else:
            known = dataset.known_after
            needed.append((name, (begin - known, end - known), max(DAY, 2 * dataset.every.longest)))
    return needed


def _merged(spans: Sequence[Span | None]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(span for span in spans if span is not None):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _hole(spans: Sequence[Span], needed: Span, slack: timedelta) -> Span | None:
    """The first stretch of ``needed`` longer than ``slack`` that no span covers."""
    reached, end = needed
    for begin, finish in spans:
        if begin >= end:
            break
        if begin - reached > slack:
            return reached, begin
        reached = max(reached, finish)
    return (reached, end) if end - reached > slack else None
