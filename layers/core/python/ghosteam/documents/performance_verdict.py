"""What a window of predictions was found to be: degraded or not, or not to be judged. Its fields
are those of :mod:`ghosteam.documents.drift_verdict` where they have the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ghosteam.documents.stored import Moment, Stored


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """What ``metric`` is expected to be, without any outcome, on so many ``rows`` that were
    predicted; nominally from ``lower`` to ``upper`` in 95 of 100 windows in which the model keeps
    what it promises as well as before. ``method``: ``confidence`` where its probabilities say so,
    ``loss`` where the size of its errors is learned.
    """

    metric: str
    value: float
    lower: float
    upper: float
    rows: int
    method: Literal["confidence", "loss"]


@dataclass(frozen=True, kw_only=True)
class Amount:
    """``value``, from ``lower`` to ``upper`` in 95 of 100 windows."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Earned:
    """What a prediction brought in the mean, by outcomes, and what was ``promised`` of it:
    ``promised_by`` its probability, in the unit of ``decide.values``, or by the ``holdout``, in
    that of ``decide.value``. ``a_day``: what all predictions of a day brought; null in verdicts
    from before it was told. ``lost_a_day``: by how much less that was, from ``lower`` to ``upper``
    in 95 of 100 windows. ``limit``: how much may be lost a day.
    """

    got: float
    promised: float
    lost_a_day: float
    lower: float
    upper: float
    promised_by: Literal["probabilities", "holdout"] = "probabilities"
    a_day: Amount | None = None
    limit: float | None = None

    @property
    def past(self) -> bool:
        """Whether surely more is lost than is allowed."""
        return self.limit is not None and self.lower > self.limit


@dataclass(frozen=True, kw_only=True)
class Beside:
    """``value`` of the same metric, with its bounds, that another model had in the window, on
    ``labels`` of its own: the challenger, or the one that served before.
    """

    role: str
    version: str
    value: float
    lower: float
    upper: float
    labels: int


@dataclass(frozen=True, kw_only=True)
class Drop:
    """``metric`` was ``value`` on so many ``labels``, and that of the hold-out ``holdout``, in a
    ``part`` (``column=value``, ``column is null``) or where that is null in all: worse by ``least``
    at least, beyond chance, in its own units. ``limit``: what is allowed.
    """

    metric: str
    part: str | None
    value: float
    holdout: float
    least: float
    limit: float
    labels: int

    @property
    def past(self) -> bool:
        """Whether it is surely more than is allowed."""
        return self.least > self.limit

    @property
    def told(self) -> str:
        """In words."""
        where = f" where {self.part}" if self.part else ""
        return (
            f"{self.metric}{where} is {self.value:.4g} on {self.labels:,} outcomes, "
            f"{self.holdout:.4g} on the hold-out: worse by {self.least:.4g} at least, and "
            f"{self.limit:g} is allowed"
        )


@dataclass(frozen=True, kw_only=True)
class PerformanceVerdict(Stored):
    """``value`` of ``metric`` on so many ``labels``, ``lower`` and ``upper`` its bounds; degraded
    where it is past ``limit`` beyond what chance explains. ``metrics`` are told besides.
    ``predictions``: how many events of the window were predicted; ``labels`` of them have an
    outcome. ``estimated``: what was to be expected of the predictions alone, and
    ``estimate_error``, by how much that was more than ``value``. ``earned``: where it is said what
    predictions are worth, or ``unearned``, why that is not known; degraded too where it is past its
    limit. ``skill``: the share of the way from knowing only how often each outcome comes to
    never being wrong; degraded too where its upper bound, ``skill_upper``, is under
    ``skill_limit``. ``beside``: what other models had. ``drops``: what has limits of its own, the
    largest first; degraded too where one is past its limit.
    """

    kind: ClassVar[str] = "performance verdict"
    schema_version: ClassVar[int] = 2

    window_start: Moment
    window_end: Moment
    model_version: str
    degraded: bool = False
    metric: str | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    limit: float | None = None
    labels: int | None = None
    predictions: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    undetermined: str | None = None
    damaged_records: int = 0
    log_loss: float | None = None
    estimated: Estimated | None = None
    estimate_error: float | None = None
    earned: Earned | None = None
    unearned: str | None = None
    skill: float | None = None
    skill_upper: float | None = None
    skill_limit: float | None = None
    beside: tuple[Beside, ...] = ()
    drops: tuple[Drop, ...] = ()

    @property
    def past(self) -> tuple[Drop, ...]:
        """The drops that are past their limits."""
        return tuple(one for one in self.drops if one.past)
