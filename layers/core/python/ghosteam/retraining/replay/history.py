"""What a replay asks of a history: models of any moment, what they say of windows, and how windows
look beside what they learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ghosteam.metrics.metric import Floats, Value
from ghosteam.monitoring.judging import WindowDrift
from ghosteam.monitoring.windows import Span
from ghosteam.retraining.readiness import Ready, Waiting
from ghosteam.undetermined import Undetermined

Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Learned:
    """A model of what was known at ``as_of``. ``held_out_from``: where the rows begin that judged
    it; ``promised``: ``promote.metric`` on them; ``promised_worth``: what a decision was worth
    there on average, None where nothing in ``decide`` says it.
    """

    as_of: datetime
    held_out_from: datetime
    promised: Value
    promised_worth: float | None = None


@dataclass(frozen=True)
class Answers:
    """Events of a window that have an outcome, and what a model said of them: ``target`` ``(n,)``,
    ``outputs`` ``(n, n_outputs)``, and when each outcome was known, ``known_at`` ``(n,)``.
    ``brought``: what each was worth ``(n,)``, NaN where it has no worth; None where nothing says
    it.
    """

    target: Floats
    outputs: Floats
    known_at: Times
    brought: Floats | None = None

    def known(self, now: datetime) -> Answers:
        """Those whose outcome was known at ``now`` (aware)."""
        there = self.known_at <= np.datetime64(round(now.timestamp() * 1_000_000), "us")
        brought = None if self.brought is None else self.brought[there]
        return Answers(self.target[there], self.outputs[there], self.known_at[there], brought)


class History(Protocol):
    """What happened. Nothing that it gives for a moment may depend on what was known later, but
    :meth:`answers`, which has all outcomes.
    """

    @property
    def stands_for(self) -> float:
        """How many events a row stands for, where the history is a sample."""

    def readiness(self, as_of: datetime) -> Ready | Waiting:
        """Whether the loop would begin a run as of a moment, and on which rows."""

    def learn(self, as_of: datetime, ready: Ready) -> Learned | Undetermined:
        """A model of what was known then, or why there can be none."""

    def answers(self, model: Learned, window: Span) -> Answers:
        """What the model says of the window's events."""

    def drift(
        self, model: Learned, window: Span, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        """The window's rows beside those that the model learned from; ``before``: cumulative
        sums.
        """

    def outcomes(
        self, model: Learned, answers: Answers, before: Mapping[str, float]
    ) -> WindowDrift | Undetermined:
        """The same of outcomes, and of what the model promised of them."""
