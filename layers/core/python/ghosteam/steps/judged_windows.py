"""One window of the champion: which of its predictions have their outcome, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.drift_reference import DriftReference
from ghosteam.documents.performance_verdict import Drop, Earned, PerformanceVerdict
from ghosteam.documents.routing import Routing
from ghosteam.documents.slot import Slot
from ghosteam.errors import GhosteamError
from ghosteam.metrics.metric import Floats
from ghosteam.monitoring.beside import judged_beside
from ghosteam.monitoring.drops import drops_in
from ghosteam.monitoring.earned import earned_in, worth_in
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.performance import (
    KnowingNothing,
    WindowPerformance,
    join_labels,
    judge_performance,
)
from ghosteam.monitoring.prediction_log import OneAnEvent, named, outputs_of
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.champion_reference import ChampionReference
from ghosteam.steps.check_outcomes import LabelledWindow
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class JudgedWindow:
    """``asked``: the champion's predictions, one an event. ``labelled``: those with an outcome,
    where the window is mature. ``found`` where performance is determined; then ``described`` are
    the outcomes as metrics.
    """

    verdict: PerformanceVerdict
    asked: pl.DataFrame
    labelled: LabelledWindow | None = None
    found: WindowPerformance | None = None
    described: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WindowJudge:
    """Judges windows of ``predictions``, those of all models with the problem's outputs, as the log
    has them, by ``outcomes`` with the columns of the event's id and ``target``; Undetermined where
    the champion is not to be judged by them. ``damaged_records`` and ``log_loss`` are of the log.
    """

    problem: Problem
    routing: Routing
    champion: Slot
    reference: ChampionReference
    predictions: pl.DataFrame
    outcomes: pl.DataFrame | Undetermined
    one_an_event: OneAnEvent
    now: datetime
    damaged_records: int = 0
    log_loss: float | None = None

    def window(self, end: datetime) -> JudgedWindow:
        """The window of length ``watch.window`` that ends there. Each by itself, whatever is judged
        beside it: an event that was moved in time counts where it is, for predictions that were
        made for then.
        """
        problem, begin = self.problem, self.problem.watch.window.before(end)
        inside = pl.col(EVENT_TIME).is_between(begin, end, closed="left")
        by_all = self.predictions.filter(inside)
        own = by_all.filter(pl.col("model_version") == self.champion.version)
        asked = named(self.one_an_event.of(own))
        verdict = PerformanceVerdict(
            window_start=begin,
            window_end=end,
            model_version=self.champion.version,
            labels=0,
            predictions=asked.height,
            damaged_records=self.damaged_records,
            log_loss=self.log_loss,
        )
        if isinstance(self.outcomes, Undetermined):
            return JudgedWindow(_undetermined(verdict, self.outcomes), asked)
        outcomes = self.outcomes.filter(inside) if problem.timed else self.outcomes
        rows = join_labels(asked, outcomes, event_id=problem.event_id, target=TARGET)
        verdict = replace(verdict, labels=rows.height)
        if too_soon := _immature(problem, verdict, self.now):
            return JudgedWindow(_undetermined(verdict, too_soon), asked)
        labelled = LabelledWindow(begin, end, rows)
        beside = judged_beside(problem, self.routing, by_all, outcomes, self.one_an_event)
        verdict = replace(verdict, beside=tuple(beside))
        target, outputs = rows[TARGET].to_numpy(), outputs_of(rows)
        found = self._performance(rows, target, outputs)
        if isinstance(found, Undetermined):
            return JudgedWindow(_undetermined(verdict, found), asked, labelled)
        verdict = replace(verdict, **vars(found), degraded=found.degraded)
        verdict = self._with_earned(verdict, rows, target, outputs)
        described = problem.kind.describe(target, problem.target.classes)
        return JudgedWindow(verdict, asked, labelled, found, described)

    def _performance(
        self, rows: pl.DataFrame, target: Floats, outputs: Floats
    ) -> WindowPerformance | Undetermined:
        problem, limits = self.problem, self.problem.watch.performance
        found = judge_performance(
            target,
            outputs,
            metric=problem.promote.metric,
            metrics=problem.metrics,
            threshold=problem.decide.threshold,
            holdout=self.champion.metrics.get(problem.promote.metric),
            min_labels=limits.min_labels,
            max_drop=limits.max_drop,
            nothing=self._nothing(target),
        )
        if isinstance(found, Undetermined):
            return found
        return replace(found, drops=self._drops(rows, target, outputs))

    def _nothing(self, target: Floats) -> KnowingNothing | None:
        """Of a window with outcomes, and a champion on whose hold-out a constant was measured."""
        problem, holdout = self.problem, self.champion.knowing_nothing
        if holdout is None or not len(target):
            return None
        classes, metric = problem.target.classes, problem.promote.metric
        constant = problem.kind.constant(target, classes, metric=metric)
        return KnowingNothing(constant, holdout, 1 - problem.watch.performance.max_skill_drop)

    def _drops(self, rows: pl.DataFrame, target: Floats, outputs: Floats) -> tuple[Drop, ...]:
        """Without slices neither features nor the reference are needed."""
        sliced = bool(self.problem.promote.slices)
        return drops_in(
            self.problem,
            target,
            outputs,
            unnested(rows, "features") if sliced else pl.DataFrame(height=rows.height),
            holdout=self.champion.metrics,
            slices=kept.slices if sliced and (kept := self._reference()) else {},
        )

    def _with_earned(
        self, verdict: PerformanceVerdict, rows: pl.DataFrame, target: Floats, outputs: Floats
    ) -> PerformanceVerdict:
        """With what predictions brought, where it is said what they are worth."""
        problem, predictions = self.problem, verdict.predictions or 0
        span = verdict.window_end - verdict.window_start
        found: Earned | Undetermined | None
        if problem.decide.value is None:
            limit = problem.watch.performance.max_lost_a_day
            found = earned_in(
                problem.decide, target, outputs, predictions=predictions, span=span, limit=limit
            )
        else:
            logged = rows.drop("features").with_columns(unnested(rows, "features").get_columns())
            kept = self._reference()
            worth = kept.worth if kept else None
            found = worth_in(
                problem, target, outputs, logged, worth, predictions=predictions, span=span
            )
        if isinstance(found, Undetermined):
            return replace(verdict, unearned=found.reason)
        degraded = verdict.degraded or (found is not None and found.past)
        return replace(verdict, earned=found, degraded=degraded)

    def _reference(self) -> DriftReference | None:
        """The champion's. One that cannot be read is a fault where outcomes are compared with it,
        after performance has been told of.
        """
        try:
            found = self.reference.found
        except GhosteamError:
            return None
        return None if isinstance(found, Undetermined) else found


def _undetermined(verdict: PerformanceVerdict, why: Undetermined) -> PerformanceVerdict:
    return replace(verdict, undetermined=why.reason)


def _immature(problem: Problem, verdict: PerformanceVerdict, now: datetime) -> Undetermined | None:
    """Why a window cannot be judged yet: the outcomes that come first are not like the others."""
    mature = problem.target.matures.after(verdict.window_end)
    if mature <= now:
        return None
    return Undetermined(
        f"its outcomes are mature at {mature:%Y-%m-%d %H:%M} UTC; {verdict.labels} of "
        f"{verdict.predictions} predictions have one so far"
    )
