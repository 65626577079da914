"""What a metric is, and which there are.

``target`` is ``(n,)``: 0 and 1, or positions in the list of classes, or numbers. ``outputs`` is
``(n, k)``: the probability of 1 (k = 1), a probability for each class, or value, lower and upper
end of an interval (k = 3). What is not defined on the rows at hand is an
:class:`~ghosteam.undetermined.Undetermined`, never NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ghosteam.registry import Registry
from ghosteam.undetermined import Undetermined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats: TypeAlias = NDArray[np.float64]
else:
    Floats: TypeAlias = Any
    ArrayLike: TypeAlias = Any

Value = float | Undetermined
Errors = Literal["squared", "absolute"]
"""How a model of numbers weighs errors while it learns: then it says a mean, or a median."""
Weighted = Callable[[Floats], Value]
"""A metric over fixed rows as a function of their weights ``(n,)``, for resampling."""
NO_ROWS = Undetermined("there are no rows")


@dataclass(frozen=True)
class Metric:
    """``over(target, outputs, threshold)`` binds a metric to rows; ``threshold`` is the probability
    from which 1 is decided, and only metrics of decisions look at it.

    ``min_classes``: of fewer classes it is the same whatever a model says, and tells none from
    another.

    ``errors``: how models should weigh errors that are judged by it; a search then chooses by it.
    None for one that no search can follow row by row, such as a rank: a search then minimises the
    task's own loss.

    ``suits``: tasks that are measured and may be judged by it, by their names or by what they
    learn. None for one of what outputs promise, which a task names itself.

    ``low`` and ``high`` bound what it can be: a value outside was measured on something else than
    outcomes and outputs of the task, and judges nothing.
    """

    name: str
    greater_is_better: bool
    low: float
    high: float
    over: Callable[[Floats, Floats, float], Weighted]
    suits: tuple[str, ...] = ()
    min_classes: int = 0
    errors: Errors | None = None

    @property
    def sign(self) -> float:
        """1 where greater is better, else -1: times this, greater is always better."""
        return 1.0 if self.greater_is_better else -1.0

    def checked(self, value: Value) -> Value:
        """``value``, or undetermined when no rows of the task can give it."""
        if isinstance(value, Undetermined) or self.low <= value <= self.high:
            return value
        return Undetermined(
            f"{self.name} {value:g} is outside [{self.low:g}, {self.high:g}]: the outcomes are not "
            "the task's, or the outputs are no probabilities"
        )


METRICS: Registry[Metric] = Registry(
    "metric",
    "ghosteam.metrics",
    (
        "accuracy",
        "average_precision",
        "balanced_accuracy",
        "brier",
        "calibration_error",
        "coverage_error",
        "f1",
        "f1_macro",
        "f1_weighted",
        "log_loss",
        "mae",
        "mape",
        "median_absolute_error",
        "pinball",
        "precision",
        "precision_macro",
        "precision_weighted",
        "r2",
        "recall",
        "recall_macro",
        "recall_weighted",
        "rmse",
        "roc_auc",
        "roc_auc_macro",
        "top_2_accuracy",
        "top_3_accuracy",
    ),
)


def weighted(
    metric: str, target: ArrayLike, outputs: ArrayLike, *, threshold: float = 0.5
) -> Weighted:
    """The named metric over these rows as a function of row weights (for a bootstrap: how often
    each row was drawn). ``outputs`` of shape ``(n,)`` stand for ``(n, 1)``.
    """
    import numpy as np

    found = np.asarray(outputs, np.float64)
    return METRICS.find(metric).over(
        np.asarray(target, np.float64), found[:, None] if found.ndim == 1 else found, threshold
    )


def measure(metric: str, target: ArrayLike, outputs: ArrayLike, *, threshold: float = 0.5) -> Value:
    """The named metric over these rows, each counted once."""
    import numpy as np

    return weighted(metric, target, outputs, threshold=threshold)(np.ones(len(np.asarray(target))))
