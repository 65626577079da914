"""What the watches say of one model, window by window, at the moments when they can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce

from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.performance import WindowPerformance, judge_performance
from ghosteam.monitoring.verdicts import cumulated, verdict_of
from ghosteam.monitoring.windows import Span
from ghosteam.problem.spec import Problem
from ghosteam.retraining.regret import accumulated
from ghosteam.retraining.replay.history import Answers, History, Learned
from ghosteam.retraining.replay.regret import Worth, avoidable
from ghosteam.undetermined import Undetermined

WATCHES = ("drift", "outcome drift", "performance")


@dataclass(frozen=True)
class WatchReport:
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

    A window's outcomes are judged once they are final, and again when more of them have come.
    """

    problem: Problem
    history: History
    model: Learned
    windows: Sequence[Span]
    worth: Worth
    _said: list[WatchReport] = field(default_factory=list)
    _drift: dict[Span, DriftVerdict] = field(default_factory=dict)
    _outcomes: dict[Span, DriftVerdict] = field(default_factory=dict)
    _judged: dict[Span, int] = field(default_factory=dict)
    _losses: dict[Span, float] = field(default_factory=dict)

    def after(self, count: int) -> WatchReport:
        """At the end of the window that is the model's ``count``-th, from 1 on."""
        while len(self._said) < count:
            self._said.append(self._at(self.windows[len(self._said)]))
        return self._said[count - 1]

    def _at(self, window: Span) -> WatchReport:
        found = self.history.drift(self.model, window, self._before(self._drift, window))
        drift = self._verdict(window, found, self._drift)
        outcome_drift = performance = None
        for mature, answers in self._to_judge(window[1]):
            before = self._before(self._outcomes, mature)
            of_outcomes = self.history.outcomes(self.model, answers, before)
            said = self._verdict(mature, of_outcomes, self._outcomes)
            outcome_drift = _either(said, outcome_drift)
            performance = _either(self._performance(answers), performance)
            stands_for = self.history.stands_for
            loss = avoidable(self.problem, self.model, answers, self.worth, stands_for=stands_for)
            if not isinstance(loss, Undetermined):
                self._losses[mature] = loss
        regret = reduce(accumulated, (loss for _, loss in sorted(self._losses.items())), 0.0)
        return WatchReport(drift, outcome_drift, performance, regret)

    def _to_judge(self, now: datetime) -> Iterator[tuple[Span, Answers]]:
        """The windows that are mature, and of which more is known than was judged."""
        for window in self.windows:
            if max(window[1], self.problem.target.matures.after(window[1])) > now:
                return
            all_of_it = self.history.answers(self.model, window)
            if len(all_of_it.target) == (judged := self._judged.get(window, 0)):
                continue
            answers = all_of_it.known(now)
            if len(answers.target) > judged:
                self._judged[window] = len(answers.target)
                yield window, answers

    def _before(self, verdicts: Mapping[Span, DriftVerdict], window: Span) -> Mapping[str, float]:
        """Cumulative sums."""
        return cumulated([*verdicts.values()], window[0])

    def _verdict(
        self,
        window: Span,
        judged: WindowDrift | Undetermined,
        verdicts: dict[Span, DriftVerdict],
    ) -> str | None:
        blank = DriftVerdict(
            window_start=window[0],
            window_end=window[1],
            model_version=self.model.as_of.isoformat(),
        )
        earlier = [one for span, one in verdicts.items() if span < window]
        verdict = verdict_of(blank, judged, earlier, self.problem.watch)
        verdicts[window] = verdict
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


def _either(newer: str | None, older: str | None) -> str | None:
    """What is wrong in one of two windows that are judged at the same moment, the newer first: in
    the account the older one would have been judged before.
    """
    return older if newer is None else newer or older or ""
