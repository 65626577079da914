"""How a probability becomes a decision, as ``problem.yaml`` says it."""

from __future__ import annotations

import math

from pydantic import model_validator

from ghosteam.problem.strict import Strict


class Values(Strict):
    """What a decision of a binary problem is worth, in any unit: ``hit`` where 1 was decided and
    came, ``miss`` where it came undecided, ``false_alarm`` where it did not come, ``rest`` else.
    """

    hit: float
    miss: float
    false_alarm: float
    rest: float = 0.0

    @model_validator(mode="after")
    def _worth_deciding(self) -> Values:
        if not (self.hit > self.miss and self.rest > self.false_alarm):
            raise ValueError(
                "hit must be worth more than miss, and rest more than false_alarm: otherwise one "
                "decision is best for every row"
            )
        if not math.isfinite(self.hit - self.miss + self.rest - self.false_alarm):
            raise ValueError("the values are too far apart to be compared: write smaller ones")
        return self


class Decide(Strict):
    """How a probability becomes a decision: the one that is worth most on average.

    Source of the threshold: Elkan 2001, eq. 2.
    """

    values: Values | None = None

    @property
    def threshold(self) -> float:
        """The probability from which 1 is decided."""
        if self.values is None:
            return 0.5
        costs_of_alarm = self.values.rest - self.values.false_alarm
        return costs_of_alarm / (costs_of_alarm + self.values.hit - self.values.miss)
