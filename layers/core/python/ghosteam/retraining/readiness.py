"""Whether the data that arrived cover what a training run needs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ghosteam.documents.coverage import Days
from ghosteam.problem.lengths import Length
from ghosteam.problem.periods import Period
from ghosteam.problem.row_limits import MIN_HOLDOUT_ROWS, MIN_PART_ROWS
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.retraining.stretches import (
    DAY,
    Stretch,
    of_rows,
    period_of,
    rows_by_period,
    with_outcome,
)

_INSTANT = timedelta(microseconds=1)
_TO_LEARN = f"learn from {MIN_PART_ROWS} and choose by {MIN_PART_ROWS}"


@dataclass(frozen=True)
class Ready:
    """The windows of a run: training events in ``[train_start, holdout_start)``, hold-out in
    ``[holdout_start, holdout_end]``. Of events without a time the hold-out is a share of all that
    arrived from ``train_start`` to ``holdout_end``, and ``holdout_start`` is its end.

    ``gaps``: periods without rows that do not stand in a run's way, a sentence a data set.
    """

    train_start: datetime
    holdout_start: datetime
    holdout_end: datetime
    gaps: tuple[str, ...] = ()

    def as_of(self, problem: Problem) -> datetime:
        """The earliest business time at which these windows are mature."""
        return problem.target.matures.after(self.holdout_end)


@dataclass(frozen=True)
class Waiting:
    """What is missing, one sentence a data set, each beginning ``waiting, because``."""

    reasons: tuple[str, ...]


def assess_readiness(
    problem: Problem, covered: Mapping[str, Days], *, as_of: datetime | None = None
) -> Ready | Waiting:
    """Windows for a run as of ``as_of`` (default: the newest event), or why there can be none yet.

    ``covered``: for each data set the rows by day of its active batches. Of the periods of the
    newest ``holdout`` whose outcomes are mature, and of each half of the ``retrain.min_train``
    before it that was mature when it began, ``retrain.min_coverage`` must hold rows: of the
    events, and of every other data set with times that features come from; of a static data set one
    batch is enough. Of the events of ``retrain.min_train`` those with an outcome must do so too,
    and there must be enough of them to learn from and, in the hold-out, to judge by.

    Events whose periods are months or years are held out by whole ones.
    """
    events = covered.get(problem.events_name, {})
    if not events:
        return Waiting((_none_of(problem.events_name),))
    newest = max(rows.last for rows in events.values())
    if not problem.timed:
        return _without_time(problem, covered, min(newest, as_of or newest))
    matures, retrain = problem.target.matures, problem.retrain
    holdout_end = min(newest, matures.before(as_of) if as_of else newest)
    period = period_of(problem, events)
    holdout_start = problem.held_out_length.before(holdout_end)
    if period != DAY:
        last = period.begin_of(holdout_end)
        holdout_start = period.later(period.begin_of(problem.held_out_length.before(last)))
    train_end = matures.before(holdout_start)
    train_from = retrain.min_train.before(train_end)
    reasons, gaps = [], []
    for name, each, early in _timed(problem, period):
        rows = rows_by_period(covered.get(name, {}), each)
        to_learn = (train_from - early, train_end - early)
        stretches = (
            (Stretch.between("retrain.min_train", each, *to_learn), True),
            (_of_holdout(each, holdout_start - early, holdout_end - early), False),
        )
        for stretch, by_halves in stretches:
            told = f"{name}: {stretch.told(rows)}"
            if stretch.lacks(rows, retrain.min_coverage, by_halves=by_halves):
                halves = " of each half" if by_halves else ""
                reasons.append(
                    f"waiting, because {told}; retrain.min_coverage asks for "
                    f"{retrain.min_coverage:.0%}{halves}"
                )
            elif any(stretch.gaps(rows)):
                gaps.append(told)
    reasons += _static(problem, covered)
    if reasons:
        return Waiting(tuple(reasons))
    if period != DAY:
        # What was known on the day of the first snapshot that is held out can be learned from.
        first = min(day for day in events if day >= f"{holdout_start:%Y-%m-%d}")
        holdout_start = datetime.fromisoformat(f"{first}T00:00:00+00:00")
    ready = Ready(
        retrain.train_window.before(holdout_start), holdout_start, holdout_end, tuple(gaps)
    )
    reasons += _outcomes(
        problem, events, ready, Stretch.between("retrain.min_train", period, train_from, train_end)
    )
    return Waiting(tuple(reasons)) if reasons else ready


def _outcomes(problem: Problem, events: Days, ready: Ready, to_learn: Stretch) -> Iterator[str]:
    """Of rows that cover a run: too few with an outcome to judge by, or to learn from, and periods
    of ``to_learn`` without any.
    """
    train_end = _known_by(problem, ready.holdout_start)
    for name, begin, end, least, why in (
        ("the hold-out", ready.holdout_start, ready.holdout_end, MIN_HOLDOUT_ROWS, "judge by"),
        ("the training rows", ready.train_start, train_end, 2 * MIN_PART_ROWS, _TO_LEARN),
    ):
        first, last = f"{begin:%Y-%m-%d}", f"{end:%Y-%m-%d}"
        known = sum(rows.labelled for day, rows in events.items() if first <= day <= last)
        if known < least:
            some = f"{known} event{'s' * (known != 1)}" if known else "no event"
            yield (
                f"waiting, because {some} from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC, "
                f"{name}, {'have' if known > 1 else 'has'} an outcome, of {least} that are needed "
                f"to {why}"
            )
    labelled = rows_by_period(with_outcome(events), to_learn.period)
    least_share = problem.retrain.min_coverage
    if to_learn.lacks(labelled, least_share, by_halves=True):
        yield (
            f"waiting, because {problem.events_name}, rows with an outcome alone: "
            f"{to_learn.told(labelled)}; retrain.min_coverage asks for {least_share:.0%} of each "
            "half"
        )


def _known_by(problem: Problem, moment: datetime) -> datetime:
    """The time of the newest events whose outcomes can be mature, and known, by then."""
    told, mature = problem.known_at_expression, problem.target.matures.before(moment)
    if told.base != EVENT_TIME:
        return mature
    return min(mature, Length(told.months, told.constant).before(moment))


def _timed(problem: Problem, period: Period) -> Iterator[tuple[str, Period, timedelta]]:
    """Data sets whose rows have times: what they are counted by, and how much earlier they are
    needed.
    """
    yield problem.events_name, period, timedelta()
    for name in problem.feature_datasets:
        if problem.datasets[name].time is not None:
            yield name, of_rows(problem, name), problem.datasets[name].known_after


def _of_holdout(period: Period, begin: datetime, end: datetime) -> Stretch:
    """A day's last moment belongs to the hold-out's first, which training ends on."""
    first = begin + _INSTANT if period.length else period.begin_of(begin)
    return Stretch.between("holdout", period, first, end + _INSTANT)


def _static(problem: Problem, covered: Mapping[str, Days]) -> Iterator[str]:
    for name in problem.joined_datasets:
        if problem.datasets[name].static and not covered.get(name):
            yield _none_of(name)


def _none_of(dataset: str) -> str:
    return f"waiting, because no batch of {dataset} is materialized yet"


def _without_time(problem: Problem, covered: Mapping[str, Days], end: datetime) -> Ready | Waiting:
    """What is enough: rows with an outcome, so many that both the hold-out and the two parts of
    what is left can be expected to have theirs.
    """
    events, share = covered[problem.events_name], problem.held_out_share
    labelled = sum(rows.labelled for day, rows in events.items() if day <= f"{end:%Y-%m-%d}")
    to_judge = math.ceil(MIN_HOLDOUT_ROWS / share)
    to_learn = math.ceil(2 * MIN_PART_ROWS / (1 - share))
    reasons = []
    for needed, why in (
        (problem.retrain.min_rows, "retrain.min_rows asks for"),
        (to_judge, f"a hold-out of {problem.holdout} needs to have {MIN_HOLDOUT_ROWS}"),
        (to_learn, f"are needed to {_TO_LEARN}"),
    ):
        if labelled < needed:
            reasons.append(
                f"waiting, because {labelled} rows of {problem.events_name} have an outcome, of "
                f"{needed} that {why}"
            )
    reasons = reasons[:1] + list(_static(problem, covered))
    if reasons:
        return Waiting(tuple(reasons))
    first = min(events)
    return Ready(datetime.fromisoformat(f"{first}T00:00:00+00:00"), end, end)
