"""An outcome that comes or does not: the output is its probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ghosteam.metrics.metric import Floats
from ghosteam.tasks.task import Calibration, DecisionValue, Learned, Promises

if TYPE_CHECKING:
    import polars as pl


class Binary:
    """See :class:`~ghosteam.tasks.task.Task`."""

    name = "binary"
    learns: Learned = "binary"
    metric = "roc_auc"
    loss = "log_loss"
    honesty = "calibration_error"
    averages = True

    def check_classes(self, classes: Sequence[str]) -> None:
        if classes and len(classes) != 2:
            raise ValueError(
                f"a binary target has two classes, not {len(classes)}: write the one whose "
                "probability is predicted last, such as [no, yes]"
            )

    def class_count(self, classes: Sequence[str]) -> int:
        return 2

    def outputs(self, target: str, classes: Sequence[str]) -> tuple[str, ...]:
        return (target,)

    def outcomes(self, values: pl.Series, classes: Sequence[str]) -> pl.Series:
        import polars as pl

        if classes:
            from ghosteam.tasks._classes import positions

            return positions(values, classes)
        if not (values.dtype == pl.Boolean or values.dtype.is_numeric()):
            nothing = pl.when(values.is_null()).then(None).otherwise(float("nan"))
            return pl.select(nothing.cast(pl.Float64)).to_series()
        numbers = values.cast(pl.Float64)
        known = numbers.is_in([0.0, 1.0]) | numbers.is_null()
        return pl.select(pl.when(known).then(numbers).otherwise(float("nan"))).to_series()

    def wanted(self, classes: Sequence[str]) -> tuple[str, str]:
        if classes:
            return (
                f"{classes[0]} or {classes[1]}",
                "Correct the row, or target.classes in problem.yaml",
            )
        return (
            "true or false, or 1 or 0",
            "Write target.expr as a condition, such as arr_delay > 15, or declare "
            "target.classes: [<negative>, <positive>]",
        )

    def decide(
        self, outputs: Sequence[float], classes: Sequence[str], *, threshold: float
    ) -> DecisionValue:
        positive = outputs[0] >= threshold
        return classes[positive] if classes else positive

    def constant(self, target: Floats, classes: Sequence[str], *, metric: str) -> Floats:
        import numpy as np

        return np.array([target.mean()])

    def persistence(
        self, earlier: Floats, target: Floats, last: Floats, classes: Sequence[str]
    ) -> Floats:
        from ghosteam.tasks._classes import shares_after

        return shares_after(earlier, target, last, count=2)[:, 1:]

    def describe(self, target: Floats, classes: Sequence[str]) -> dict[str, float]:
        return {"positive_rate": float(target.mean())}

    def plain(self, target: Floats) -> Calibration:
        return {"temperature": 1.0}

    def learned(self, target: Floats, calibration: Calibration) -> Floats:
        return target

    def calibrate(self, raw: Floats, target: Floats, plain: Calibration) -> Calibration:
        from ghosteam.tasks import _temperature

        return {"temperature": _temperature.fitted(_both(raw), target)}

    def finish(self, raw: Floats, calibration: Calibration) -> Floats:
        temperature = calibration["temperature"]
        if temperature == 1.0:
            return raw
        from ghosteam.tasks import _temperature

        return _temperature.at(_both(raw), temperature)[:, 1:]

    def promises(self, outputs: Floats, target: Floats, names: Sequence[str]) -> Promises:
        return {names[0]: (outputs[:, 0], target)}

    def errors(self, outputs: Floats, target: Floats) -> Floats | None:
        return None


def _both(raw: Floats) -> Floats:
    import numpy as np

    return np.column_stack([1 - raw[:, 0], raw[:, 0]])


MEMBER = Binary()
