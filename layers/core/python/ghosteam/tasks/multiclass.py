"""An outcome that is one of several classes: the outputs are a probability for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ghosteam.metrics.metric import Floats
from ghosteam.tasks.task import Calibration, DecisionValue, Learned, Promises

if TYPE_CHECKING:
    import polars as pl

MOST_CLASSES = 100


class Multiclass:
    """See :class:`~ghosteam.tasks.task.Task`. The decision is the likeliest class."""

    name = "multiclass"
    learns: Learned = "multiclass"
    metric = "log_loss"
    loss = "log_loss"
    honesty = "calibration_error"
    averages = False

    def check_classes(self, classes: Sequence[str]) -> None:
        if not 3 <= len(classes) <= MOST_CLASSES:
            raise ValueError(
                f"a multiclass target needs target.classes, the list of its 3 to {MOST_CLASSES} "
                f"classes; there are {len(classes)}"
            )

    def class_count(self, classes: Sequence[str]) -> int:
        return len(classes)

    def outputs(self, target: str, classes: Sequence[str]) -> tuple[str, ...]:
        return tuple(classes)

    def outcomes(self, values: pl.Series, classes: Sequence[str]) -> pl.Series:
        from ghosteam.tasks._classes import positions

        return positions(values, classes)

    def wanted(self, classes: Sequence[str]) -> tuple[str, str]:
        return (
            f"one of {', '.join(classes)}",
            "Correct the row, or add the class to target.classes in problem.yaml",
        )

    def decide(
        self, outputs: Sequence[float], classes: Sequence[str], *, threshold: float
    ) -> DecisionValue:
        return classes[max(range(len(classes)), key=lambda position: outputs[position])]

    def constant(self, target: Floats, classes: Sequence[str], *, metric: str) -> Floats:
        import numpy as np

        counts = np.bincount(target.astype(np.int64), minlength=len(classes))
        # One row more for each class: what was never seen is unlikely, not impossible.
        shares: Floats = (counts + 1) / (counts.sum() + len(classes))
        return shares

    def persistence(
        self, earlier: Floats, target: Floats, last: Floats, classes: Sequence[str]
    ) -> Floats:
        from ghosteam.tasks._classes import shares_after

        return shares_after(earlier, target, last, count=len(classes))

    def describe(self, target: Floats, classes: Sequence[str]) -> dict[str, float]:
        return {name: float((target == position).mean()) for position, name in enumerate(classes)}

    def plain(self, target: Floats) -> Calibration:
        return {"temperature": 1.0}

    def learned(self, target: Floats, calibration: Calibration) -> Floats:
        return target

    def calibrate(self, raw: Floats, target: Floats, plain: Calibration) -> Calibration:
        from ghosteam.tasks import _temperature

        return {"temperature": _temperature.fitted(raw, target)}

    def finish(self, raw: Floats, calibration: Calibration) -> Floats:
        temperature = calibration["temperature"]
        if temperature == 1.0:
            return raw
        from ghosteam.tasks import _temperature

        return _temperature.at(raw, temperature)

    def promises(self, outputs: Floats, target: Floats, names: Sequence[str]) -> Promises:
        """Of each class against all others."""
        import numpy as np

        return {
            name: (outputs[:, position], (target == position).astype(np.float64))
            for position, name in enumerate(names)
        }

    def errors(self, outputs: Floats, target: Floats) -> Floats | None:
        return None


MEMBER = Multiclass()
