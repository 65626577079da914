"""How what is served is watched, as ``problem.yaml`` says it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ghosteam.problem.detectors import DETECTORS
from ghosteam.problem.lengths import CalendarLength, days
from ghosteam.problem.promote import MetricName
from ghosteam.problem.strict import OneOf, Strict

DetectorName = Annotated[str, OneOf(DETECTORS)]


class Performance(Strict):
    """How many labelled predictions a window needs, and how far below its hold-out metric a model
    may fall. ``max_drop_of``: the same of other metrics, each in its own units.
    ``max_skill_drop``: the share that it may lose of what it had over knowing only how often each
    outcome comes. ``max_lost_a_day``: how much less than was promised all predictions of a day may
    bring, in the unit of ``decide.values`` or ``decide.value``.
    """

    min_labels: int = Field(default=500, ge=30)
    max_drop: float = Field(default=0.03, gt=0)
    max_drop_of: dict[MetricName, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    max_skill_drop: float = Field(default=0.5, gt=0, le=1)
    max_lost_a_day: float | None = Field(default=None, gt=0)


class Detectors(Strict):
    """Which detectors compare windows with a reference that is made from now on: those of
    ``numbers``, of ``categories``, of all numbers of a row in ``joint``, and of what outputs
    promise of outcomes in ``calibration``. Missing values are looked at in any case.
    """

    numbers: tuple[DetectorName, ...] = (
        "location",
        "spread",
        "kolmogorov_smirnov",
        "out_of_range",
        "stuck",
    )
    categories: tuple[DetectorName, ...] = (
        "chi_square",
        "new_categories",
        "vanished_categories",
    )
    joint: tuple[DetectorName, ...] = (
        "correlation",
        "maximum_mean_discrepancy",
        "reconstruction",
    )
    calibration: tuple[DetectorName, ...] = ("calibration_gap", "calibration_slope")


class Limit(Strict):
    """The least change of one feature that is drift, in its own units, in place of ``min_effect``:
    ``shift``, how far a row's number moves on average; ``share`` of the rows that change their
    category; ``missing``, the change in the share of rows without a value.
    """

    shift: float | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    missing: float | None = Field(default=None, gt=0, le=1)


def _votes(value: Any) -> Any:
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+) of (\d+)", value)):
        return (int(match[1]), int(match[2]))
    return value


class Watch(Strict):
    """Windows of ``window`` are compared with the model's reference; drift is sustained when
    something that matters drifts in k of the last n windows. ``min_effect``: the least change that
    is drift, as the shift of a normal number in standard deviations that is as easily seen.
    ``reference``: what they are compared with, the ``training`` data; ``rolling``, the 28 windows
    before; or ``seasonal``, those of the same weekday, or of the same time of last year where
    windows are longer than a day. Where too few of these were served, the training data.
    ``only``: the features that are looked at, all where none is named; ``ignore``: those that are
    not. ``limits``: by feature, the least change that is drift.
    """

    window: CalendarLength = days(1)
    drift: Annotated[tuple[int, int], BeforeValidator(_votes)] = (2, 3)
    min_rows: int = Field(default=200, ge=30)
    min_effect: float = Field(default=0.1, gt=0, lt=1)
    reference: Literal["training", "seasonal", "rolling"] = "training"
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    limits: dict[str, Limit] = Field(default_factory=dict)
    detectors: Detectors = Detectors()
    performance: Performance = Performance()

    def looks_at(self, feature: str) -> bool:
        """Whether drift of the feature is watched."""
        return feature not in self.ignore and (not self.only or feature in self.only)

    @model_validator(mode="after")
    def _possible(self) -> Watch:
        k, n = self.drift
        if not 1 <= k <= n:
            raise ValueError(
                f"drift '{k} of {n}' can never happen; write 'k of n' with 1 <= k <= n, such as '2 "
                "of 3'"
            )
        return self
