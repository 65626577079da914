"""A history without rows and learners: outcomes by window, and models that say how often they
came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ghosteam.documents.drift_verdict import FeatureMeasured
from ghosteam.monitoring.earned import brought
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.windows import Span, window_end_at
from ghosteam.problem.load import parse_problem
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.retraining.replay.composite import Replay
from ghosteam.retraining.replay.course import Course
from ghosteam.retraining.replay.history import Answers, Learned
from ghosteam.retraining.replay.policies import policies
from ghosteam.retraining.replay.regret import worth_of
from ghosteam.undetermined import Undetermined

WEEK = timedelta(days=7)
YAML = """version: 1
problem: past
task: binary
entities: {order: [id]}
event_time: at
target: {name: late, expr: late, known_at: event_time, matures: 0s}
datasets:
  orders: {role: events, id: [id], columns: {id: integer, at: timestamp, x: number, late: boolean}}
features: {request: [x]}
promote: {metric: brier}
watch: {window: 7d, drift: 1 of 1, performance: {min_labels: 30, max_drop: 0.05}}
retrain: {cooldown: 7d, max_usd_month: 10000}
"""
START = window_end_at(datetime(2024, 1, 5, tzinfo=UTC), length=parse_problem(YAML).watch.window)
ROWS = 40
PRICE = 2.0


def past_problem(*changes: tuple[str, str], **more: str) -> Problem:
    """The problem, with other words, and other sections."""
    text = YAML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_problem(text + "".join(f"{name}: {value}\n" for name, value in more.items()))


def end(count: int) -> datetime:
    """The end of the window of that number, from 1 on."""
    return START + count * WEEK


@dataclass
class Past:
    """``rates``: by window, how many of ``ROWS`` come; ``levels``: of the one feature, which drifts
    where it is another than the model learned. Outcomes are known ``late`` weeks after their
    window. The first model can be made at the end of window ``ready_from``. ``seen``: the newest
    outcomes' window that was looked at for a moment, and ``learned``: moments, in order.
    """

    rates: Sequence[int]
    levels: Sequence[int]
    late: int = 0
    ready_from: int = 2
    stands_for: float = 1.0
    learned: list[datetime] = field(default_factory=list)
    models: dict[datetime, float] = field(default_factory=dict)
    problem: Problem = field(default_factory=past_problem)

    def readiness(self, as_of: datetime) -> Ready | Waiting:
        if as_of < end(self.ready_from + self.late):
            return Waiting(("waiting, because there are too few weeks",))
        return Ready(as_of - 10 * WEEK, as_of - WEEK, as_of)

    def learn(self, as_of: datetime, ready: Ready) -> Learned | Undetermined:
        self.learned.append(as_of)
        newest = round((as_of - START) / WEEK) - self.late
        rate = self.rates[newest - 1] / ROWS
        self.models[as_of] = rate
        return Learned(as_of, ready.holdout_start, promised=rate * (1 - rate), promised_worth=1.0)

    def answers(self, model: Learned, window: Span) -> Answers:
        number = self._number(window)
        target = (np.arange(ROWS) < self.rates[number]).astype(float)
        known = np.datetime64((window[1] + self.late * WEEK).replace(tzinfo=None), "us")
        outputs = np.full((ROWS, 1), self.models[model.as_of])
        rows = pl.DataFrame({"x": np.full(ROWS, float(self.levels[number]))})
        worth = brought(self.problem, target, outputs, rows)
        return Answers(target, outputs, np.full(ROWS, known), worth)

    def drift(
        self, model: Learned, window: Span, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        learned = self.levels[round((model.as_of - START) / WEEK) - 1]
        drifted = self.levels[self._number(window)] != learned
        return WindowDrift(ROWS, (_measured(drifted),), {}, {})

    def outcomes(
        self, model: Learned, answers: Answers, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        return Undetermined("nobody looks")

    def _number(self, window: Span) -> int:
        return round((window[0] - START) / WEEK)


def replayed(
    past: Past,
    *names: str,
    problem: Problem | None = None,
    every: int = 3,
    usd: float | None = None,
    price: float = PRICE,
) -> dict[str, Course]:
    """The courses by policy."""
    problem = past.problem = problem or past_problem()
    ends = [end(count) for count in range(1, len(past.rates) + 1)]
    worth = worth_of(problem, usd, price=price)
    replay = Replay(problem, past, ends, price, worth)
    found = replay.courses(policies(names, every=every, price=price))
    return {course.policy.name: course for course in found}


def _measured(drifted: bool) -> FeatureMeasured:
    return FeatureMeasured(
        name="x",
        role="feature",
        method="location",
        statistic=1.0,
        p=0.0,
        effect=1.0,
        told="x moved",
        importance=None,
        matters=True,
        drifted=drifted,
        undetermined=None,
    )
