"""What a task is, and which there are.

An outcome is a number: 0 or 1, a position in the list of classes, or the value itself. ``raw`` is
what a model family gives, ``(n, k)``: the probability of 1, a probability for each class, or the
value in the unit that it learned. ``outputs`` is what a problem's readers get, under the names of
:meth:`Task.outputs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from ghosteam.metrics.metric import METRICS, Floats
from ghosteam.registry import Registry

if TYPE_CHECKING:
    import polars as pl

Learned = Literal["binary", "multiclass", "regression"]
"""What a model family learns: the probability of 1, one for each class, or a value."""
DecisionValue = bool | str | float
Calibration = Mapping[str, float]
Promises = Mapping[str, tuple[Floats, Floats]]
"""By name: the probability that was said of something ``(n,)``, and 1 where it came, or 0."""


class Task(Protocol):
    """A kind of outcome.

    ``learns``: what model families are asked for. ``metric``: what a problem is judged by that
    names none, see :func:`metrics_of`. ``loss``: what a search minimises where the metric that
    candidates are judged by names no ``errors``. ``honesty``: the metric of what
    the outputs promise, probabilities or an interval. ``averages``: whether the mean and the sum of
    outcomes mean something, so that a window may have them.
    """

    name: str
    learns: Learned
    metric: str
    loss: str
    honesty: str
    averages: bool

    def check_classes(self, classes: Sequence[str]) -> None:
        """Raises ValueError when a problem of this task cannot have these ``target.classes``."""

    def class_count(self, classes: Sequence[str]) -> int:
        """How many classes an outcome can be one of; 0 for a number."""

    def outputs(self, target: str, classes: Sequence[str]) -> tuple[str, ...]:
        """Names of the outputs in their order, for a target of that name."""

    def outcomes(self, values: pl.Series, classes: Sequence[str]) -> pl.Series:
        """Outcomes as Float64 from what ``target.expr`` gives: null where not known, NaN for what
        is no outcome of this task.
        """

    def wanted(self, classes: Sequence[str]) -> tuple[str, str]:
        """What outcomes are, and how to write ``target`` so that they are, for messages."""

    def decide(
        self, outputs: Sequence[float], classes: Sequence[str], *, threshold: float
    ) -> DecisionValue:
        """What one row's outputs say in one word; ``threshold`` is the probability from which 1 is
        decided.
        """

    def constant(self, target: Floats, classes: Sequence[str], *, metric: str) -> Floats:
        """What knowing only the outcomes ``target`` ``(n,)``, n >= 1, would say of every row:
        outputs ``(k,)``, the best constant for ``metric`` where the task has several.
        """

    def persistence(
        self, earlier: Floats, target: Floats, last: Floats, classes: Sequence[str]
    ) -> Floats:
        """What knowing only the last known outcomes ``last`` ``(n,)`` would say of their rows:
        outputs ``(n, k)``. How much an outcome says of the next one is learned from rows with
        outcomes ``target`` ``(m,)`` whose last known ones were ``earlier`` ``(m,)``, m >= 1.

        Persistence is the usual second standard of reference beside the constant. Source: Murphy
        1992.
        """

    def describe(self, target: Floats, classes: Sequence[str]) -> dict[str, float]:
        """Outcomes in a few numbers, for people."""

    def plain(self, target: Floats) -> Calibration:
        """What :meth:`finish` needs for a model that learns from outcomes ``target`` ``(n,)``, as
        long as nothing is known of how well it does.
        """

    def learned(self, target: Floats, calibration: Calibration) -> Floats:
        """Outcomes as a model learns them: in the unit of ``raw``."""

    def calibrate(self, raw: Floats, target: Floats, plain: Calibration) -> Calibration:
        """What :meth:`finish` needs so that outputs keep what they promise, from rows ``(n, k)``,
        ``(n,)`` that the model did not learn from; ``plain``: what it needed before.
        """

    def finish(self, raw: Floats, calibration: Calibration) -> Floats:
        """Outputs ``(n, k)`` of ``raw``."""

    def promises(self, outputs: Floats, target: Floats, names: Sequence[str]) -> Promises:
        """What outputs ``(n, k)``, called ``names``, promise of outcomes ``target`` ``(n,)``."""

    def errors(self, outputs: Floats, target: Floats) -> Floats | None:
        """By how much outcomes are more than what was said, ``(n,)``; None where they are no
        numbers.
        """


TASKS: Registry[Task] = Registry("task", "ghosteam.tasks", ("binary", "multiclass", "regression"))


def metrics_of(task: Task) -> tuple[str, ...]:
    """Names of the metrics that suit a task, its own first."""
    return (task.metric, *(n for n in METRICS.names if n != task.metric and suits(task, n)))


def suits(task: Task, metric: str) -> bool:
    """Whether a problem of the task may be judged by the metric."""
    return not {task.name, task.learns}.isdisjoint(METRICS.find(metric).suits)
