"""What the watches say of one model, window by window, at the moments when they can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ghosteam.documents.verdicts import DriftVerdict
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.performance import WindowPerformance, judge_performance
from ghosteam.monitoring.verdicts import cumulated, verdict_of
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import Problem
from ghosteam.retraining.replay.history import Answers, History, Learned
from ghosteam.retraining.replay.regret import Worth, accumulated, avoidable
from ghosteam.undetermined import Undetermined

WATCHES = ("drift", "outcome drift", "performance")


@dataclass(frozen=True)
class Said:
    """What is known at a window's end of the model that answered it. ``drift`` and
    ``outcome_drift``: what asks for somebody; ``performance``: how far a metric fell; each None
    where nothing was judged, and empty where all is well. ``regret``: dollars lost since the model
    was made.
    """

    drift: str | None = None
    outcome_drift: str | None = None
    performance: str | None = None
    regret: float = 0.0

    def told(self) -> dict[str, str]:
        """By watch, of those that had something to judge; empty where all is well."""
        found = dict(zip(WATCHES, (self.drift, self.outcome_drift, self.performance), strict=True))
        return {name: text for name, text in found.items() if text is not None}


@dataclass
class ModelWatch:
    """The watches on one ``model``, which answers ``windows`` from its making on. What is said at a
    moment follows from the model and the moment alone, so that all policies share it.
    """

    problem: Problem
    history: History
    model: Learned
    windows: Sequence[Span]
    worth: Worth
    _said: list[Said] = field(default_factory=list)
    _drift: list[DriftVerdict] = field(default_factory=list)
    _outcomes: list[DriftVerdict] = field(default_factory=list)
    _judged: int = 0
    _regret: float = 0.0

    def after(self, count: int) -> Said:
        """At the end of the window that is the model's ``count``-th, from 1 on."""
        while len(self._said) < count:
            self._said.append(self._at(self.windows[len(self._said)]))
        return self._said[count - 1]

    def _at(self, window: Span) -> Said:
        begin, now = window
        found = self.history.drift(self.model, window, cumulated(self._drift, begin))
        drift = self._verdict(window, found, self._drift)
        outcome_drift = performance = None
        for mature in self._mature(now):
            answers = self.history.answers(self.model, mature).known(now)
            before = cumulated(self._outcomes, mature[0])
            of_outcomes = self.history.outcomes(self.model, answers, before)
            outcome_drift = _newest(
                self._verdict(mature, of_outcomes, self._outcomes), outcome_drift
            )
            performance = _newest(self._performance(answers), performance)
            loss = avoidable(
                self.problem,
                self.model,
                answers,
                self.worth,
                stands_for=self.history.stands_for,
            )
            if not isinstance(loss, Undetermined):
                self._regret = accumulated(self._regret, loss)
        return Said(drift, outcome_drift, performance, self._regret)

    def _mature(self, now: datetime) -> list[Span]:
        """The model's windows that became mature since the last look."""
        matures, first = self.problem.target.matures, self._judged
        while (
            self._judged < len(self.windows)
            and (end := self.windows[self._judged][1]) <= now
            and matures.after(end) <= now
        ):
            self._judged += 1
        return [*self.windows[first : self._judged]]

    def _verdict(
        self, window: Span, judged: WindowDrift | Undetermined, earlier: list[DriftVerdict]
    ) -> str | None:
        blank = DriftVerdict(
            window_start=window[0],
            window_end=window[1],
            model_version=self.model.as_of.isoformat(),
        )
        verdict = verdict_of(blank, judged, earlier, self.problem.watch)
        earlier.append(verdict)
        if verdict.undetermined:
            return None
        named = verdict.sustained_features
        more = f" and {len(named) - 3} more" if len(named) > 3 else ""
        return f"{', '.join(named[:3])}{more}"

    def _performance(self, answers: Answers) -> str | None:
        problem, promised = self.problem, self.model.promised
        limits = problem.watch.performance
        judged = judge_performance(
            answers.target,
            answers.outputs,
            metric=problem.promote.metric,
            threshold=problem.decide.threshold,
            holdout=None if isinstance(promised, Undetermined) else promised,
            min_labels=limits.min_labels,
            max_drop=limits.max_drop,
        )
        if not isinstance(judged, WindowPerformance):
            return None
        if not judged.degraded:
            return ""
        return f"{judged.metric} is {judged.value:.4f}, past its limit {judged.limit:.4f}"


def _newest(found: str | None, before: str | None) -> str | None:
    return before if found is None else found
