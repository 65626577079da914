"""What became of a history under one policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ghosteam.metrics.metric import Value
from ghosteam.monitoring.windows import Span
from ghosteam.retraining.replay.policies import Policy


@dataclass(frozen=True)
class ReplayedWindow:
    """One window. ``model``: as of when the model that answered was made; ``rows`` with an outcome,
    and ``value``, ``promote.metric`` on them; ``worth``: what its decisions were worth, in the unit
    of ``decide.values``. At its end: ``asked``, why somebody was; ``ran``, why a run was made;
    ``held``, what held back one that was wanted.
    """

    window: Span
    model: datetime
    rows: int
    value: Value
    worth: float | None
    asked: tuple[str, ...] = ()
    ran: str | None = None
    held: str | None = None


@dataclass(frozen=True)
class Course:
    """``value``: ``promote.metric`` on the outcomes of all windows together; ``usd``: of all runs,
    the first model's too.
    """

    policy: Policy
    steps: Sequence[ReplayedWindow]
    value: Value
    usd: float

    @property
    def rows(self) -> int:
        """Events with an outcome."""
        return sum(step.rows for step in self.steps)

    @property
    def runs(self) -> int:
        """The first model's, and those of the policy."""
        return 1 + sum(step.ran is not None for step in self.steps)

    @property
    def asked(self) -> int:
        """How often somebody was asked."""
        return sum(len(step.asked) for step in self.steps)

    @property
    def worth(self) -> float | None:
        """Of all decisions."""
        known = [step.worth for step in self.steps if step.worth is not None]
        return sum(known) if known else None
