"""How a probability becomes a decision, and what predictions are worth, as ``problem.yaml`` says
it.
"""

from __future__ import annotations

import math

from pydantic import model_validator

from ghosteam.problem.derived import ExpressionText
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
    """How a probability becomes a decision: the one that is worth most on average. ``value``: what
    a prediction is worth, in any unit, an expression over what came, what was predicted, and what
    the prediction log holds of the event; see :mod:`ghosteam.problem.worth`.

    Source of the threshold: Elkan 2001, eq. 2.
    """

    values: Values | None = None
    value: ExpressionText | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Decide:
        if self.values is not None and self.value is not None:
            raise ValueError(
                "values and value both say what a prediction is worth: write values where that "
                "follows from its outcome alone, and they choose the threshold too; else value"
            )
        return self

    @property
    def has_worth(self) -> bool:
        """Whether it is said what predictions are worth."""
        return self.values is not None or self.value is not None

    @property
    def threshold(self) -> float:
        """The probability from which 1 is decided."""
        if self.values is None:
            return 0.5
        costs_of_alarm = self.values.rest - self.values.false_alarm
        return costs_of_alarm / (costs_of_alarm + self.values.hit - self.values.miss)
