"""An outcome that is a number: the outputs are a value and an interval around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ghosteam.metrics.coverage_error import COVERAGE
from ghosteam.metrics.metric import METRICS, Floats
from ghosteam.tasks.task import Calibration, DecisionValue, Learned, Promises

if TYPE_CHECKING:
    import polars as pl

LARGEST = 1e30
"""Of outcomes, to both sides of 0: 32 bits hold it, and 64 its square."""


class Regression:
    """See :class:`~ghosteam.tasks.task.Task`.

    The interval is that of split conformal prediction: as wide to both sides as the share
    ``COVERAGE`` of the errors on rows that the model did not learn from. Source: Lei et al. 2018,
    algorithm 2.

    Models learn how many standard deviations an outcome is from the mean: libraries count in 32
    bits, and call gains that are small in themselves none.
    """

    name = "regression"
    learns: Learned = "regression"
    metric = "rmse"
    loss = "rmse"
    honesty = "coverage_error"
    averages = True

    def check_classes(self, classes: Sequence[str]) -> None:
        if classes:
            raise ValueError("a regression target is a number: remove target.classes")

    def class_count(self, classes: Sequence[str]) -> int:
        return 0

    def outputs(self, target: str, classes: Sequence[str]) -> tuple[str, ...]:
        return ("value", "lower", "upper")

    def outcomes(self, values: pl.Series, classes: Sequence[str]) -> pl.Series:
        import polars as pl

        if not values.dtype.is_numeric():
            nothing = pl.when(values.is_null()).then(None).otherwise(float("nan"))
            return pl.select(nothing.cast(pl.Float64)).to_series()
        numbers = values.cast(pl.Float64)
        held = numbers.abs().le(LARGEST) | numbers.is_null()
        return pl.select(pl.when(held).then(numbers).otherwise(float("nan"))).to_series()

    def wanted(self, classes: Sequence[str]) -> tuple[str, str]:
        return (
            f"a number of at most {LARGEST:g}",
            "Write target.expr as a number, such as price or log(price)",
        )

    def decide(
        self, outputs: Sequence[float], classes: Sequence[str], *, threshold: float
    ) -> DecisionValue:
        return outputs[0]

    def constant(self, target: Floats, classes: Sequence[str], *, metric: str) -> Floats:
        import numpy as np

        absolute = METRICS.find(metric).errors == "absolute"
        middle = float(np.median(target) if absolute else np.mean(target))
        tails = (1 - COVERAGE) / 2
        return np.array([middle, *np.quantile(target, [tails, 1 - tails])])

    def persistence(
        self, earlier: Floats, target: Floats, last: Floats, classes: Sequence[str]
    ) -> Floats:
        """The last value itself; its interval is as wide as its errors were."""
        return self.finish(last[:, None], self.calibrate(earlier[:, None], target, {}))

    def describe(self, target: Floats, classes: Sequence[str]) -> dict[str, float]:
        import numpy as np

        return {
            "mean": float(target.mean()),
            "median": float(np.median(target)),
            "standard_deviation": float(target.std()),
        }

    def plain(self, target: Floats) -> Calibration:
        return {"mean": float(target.mean()), "deviation": float(target.std()) or 1.0}

    def learned(self, target: Floats, calibration: Calibration) -> Floats:
        return (target - calibration.get("mean", 0.0)) / calibration.get("deviation", 1.0)

    def calibrate(self, raw: Floats, target: Floats, plain: Calibration) -> Calibration:
        import numpy as np

        errors = np.sort(np.abs(target - self.finish(raw, plain)[:, 0]))
        # Less what the product of two floats is off, which would take the next one.
        rank = math.ceil((len(errors) + 1) * COVERAGE - 1e-9)
        return {**plain, "half_width": float(errors[min(rank, len(errors)) - 1])}

    def finish(self, raw: Floats, calibration: Calibration) -> Floats:
        import numpy as np

        value = raw[:, 0] * calibration.get("deviation", 1.0) + calibration.get("mean", 0.0)
        half = calibration.get("half_width", 0.0)
        return np.column_stack([value, value - half, value + half])

    def promises(self, outputs: Floats, target: Floats, names: Sequence[str]) -> Promises:
        """That an outcome lies in its interval."""
        import numpy as np

        inside = (outputs[:, 1] <= target) & (target <= outputs[:, 2])
        return {"interval": (np.full(len(target), COVERAGE), inside.astype(np.float64))}

    def errors(self, outputs: Floats, target: Floats) -> Floats | None:
        return target - outputs[:, 0]


MEMBER = Regression()
