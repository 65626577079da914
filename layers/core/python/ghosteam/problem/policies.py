"""How a problem's models are searched, promoted, served, watched and trained again, as
``problem.yaml`` says it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ghosteam.metrics.metric import METRICS
from ghosteam.problem.backends import BACKENDS
from ghosteam.problem.detectors import DETECTORS
from ghosteam.problem.durations import Duration, parse_duration
from ghosteam.problem.families import FAMILIES
from ghosteam.problem.lengths import CalendarLength, days
from ghosteam.problem.strict import OneOf, Strict
from ghosteam.problem.triggers import ALWAYS, CHOSEN, TRIGGERS

LONGEST_WATCH = timedelta(days=7)
LONGEST_HOLD = timedelta(days=14)
SHARED_SETTINGS = frozenset({"mode", "rollout", "rollback_hold"})
"""Fields of ``serve`` that every backend has."""
Family = Annotated[str, OneOf(FAMILIES)]
Trigger = Annotated[str, OneOf(TRIGGERS, without=ALWAYS)]
DetectorName = Annotated[str, OneOf(DETECTORS)]
MetricName = Annotated[str, OneOf(METRICS)]


class Search(Strict):
    """Candidate families and the search budget of each (Optuna trials and minutes).

    ``refit``: whether the model that passed is fitted again, with the hold-out's rows, before it
    serves. ``weight``: a numeric column of the events that says how much a row counts in learning;
    a row without a weight, or with none above 0, is not learned from. Judging counts every row
    once.
    """

    families: tuple[Family, ...] = Field(default=("lightgbm", "xgboost", "sklearn"), min_length=1)
    trials: int = Field(default=20, ge=1, le=1000)
    minutes: float = Field(default=10, gt=0, le=1440)
    refit: bool = True
    weight: str | None = None


class BeatChampion(Strict):
    """The challenger must be better than ``by`` with this one-sided ``confidence`` (paired
    bootstrap on the hold-out). One that learned by a changed folder need only be better than
    ``when_changed``: whoever changes a folder wants its model, as long as it is hardly worse.
    """

    by: float = 0.0
    when_changed: float = -0.02
    confidence: float = Field(default=0.95, ge=0.5, lt=1)


class ParityLimits(Strict):
    """How far what is served may be from the training set, as shares of a feature's rows. The
    prediction log tells: of mature events it has what was served, and the training set what was
    known. A value was null online, or late: it followed from the data that were online when it was
    asked; or different, which neither explains. A limit is exceeded where chance does not explain
    the share. Of a feature with fewer than ``min_rows`` logged rows, the online store is compared
    with the hold-out instead.

    A candidate is refused for what is different. ``when_not_online`` says what becomes of one whose
    features are null online or late beyond the limits, that is, not there in time: a person is
    asked, it is promoted, or it is refused.
    """

    min_rows: int = Field(default=200, ge=30)
    max_null_online: float = Field(default=0.1, ge=0, le=1)
    max_late: float = Field(default=1.0, ge=0, le=1)
    max_different: float = Field(default=0.01, ge=0, le=1)
    when_not_online: Literal["approve", "promote", "refuse"] = "approve"


class Promote(Strict):
    """Gates that a candidate passes before it may serve.

    ``metric`` is the task's first when none is named. ``at_least`` limits one of which greater is
    better, ``at_most`` one of which smaller is; without a limit, a candidate must still be better
    than knowing nothing. ``max_calibration_error`` also bounds how far a regression's intervals
    miss the share of outcomes that they are to hold.
    ``when_champion_unusable``: what becomes of a candidate that passed all other gates when the
    champion cannot be loaded, or reads features that the problem no longer has: a person is asked,
    it is promoted, or it is refused.
    ``parity``: how far what is served may be from the training set.
    """

    metric: MetricName
    at_least: float | None = None
    at_most: float | None = None
    beat_champion: BeatChampion = BeatChampion()
    max_calibration_error: float = Field(default=0.1, gt=0, le=1)
    max_latency_ms: float = Field(default=50, gt=0)
    slices: tuple[str, ...] = ()
    max_slice_drop: float = Field(default=0.05, gt=0)
    parity: ParityLimits = ParityLimits()
    approval: Literal["none", "required"] = "none"
    when_champion_unusable: Literal["approve", "promote", "refuse"] = "approve"

    @property
    def limit(self) -> float | None:
        """The limit of the metric, if there is one."""
        return self.at_least if self.at_least is not None else self.at_most

    @model_validator(mode="after")
    def _limit_suits_the_metric(self) -> Promote:
        metric = METRICS.find(self.metric)
        right, wrong = (
            ("at_least", "at_most") if metric.greater_is_better else ("at_most", "at_least")
        )
        if getattr(self, wrong) is not None:
            better = "greater" if metric.greater_is_better else "smaller"
            raise ValueError(f"{better} {self.metric} is better: write {right}, not {wrong}")
        limit = self.limit
        if limit is not None and not metric.low <= limit <= metric.high:
            raise ValueError(
                f"{right}: {limit:g} can never be a {self.metric}, which lies in "
                f"[{metric.low:g}, {metric.high:g}]"
            )
        return self


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


class Rollout(Strict):
    """``canary 10% 15m``: the share of traffic the challenger gets first, and for how long.

    ``when_quiet``: what becomes of a challenger that met too little traffic to be judged, and
    failed none of it: it is promoted, since the gates have judged its quality before, or rolled
    back.
    """

    percent: int = Field(ge=1, le=100)
    watch: Duration = Field(gt=timedelta(0), le=LONGEST_WATCH)
    when_quiet: Literal["promote", "roll_back"] = "promote"

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"canary ([0-9]+)% (.+)", value)
        if match is None:
            raise ValueError(
                f"{value!r} is not a rollout; write 'canary <percent>% <time>', such as 'canary "
                "10% 15m'"
            )
        return {"percent": int(match[1]), "watch": parse_duration(match[2])}


class Serve(Strict):
    """How the model is served. ``mode`` names the backend, which says which of the other fields it
    takes. ``rollback_hold``: how long the replaced champion's slot stays up after a promotion.
    """

    mode: Annotated[str, OneOf(BACKENDS)] = "realtime"
    instance_type: str = "ml.m5.large"
    instance_count: int = Field(default=1, ge=1)
    rollout: Rollout = Rollout(percent=10, watch=timedelta(minutes=15))
    rollback_hold: Duration = Field(default=timedelta(hours=1), le=LONGEST_HOLD)

    @model_validator(mode="after")
    def _settings_of_the_backend(self) -> Serve:
        takes = BACKENDS.find(self.mode).settings
        if foreign := sorted(self.model_fields_set - SHARED_SETTINGS - set(takes)):
            known = ", ".join((*sorted(SHARED_SETTINGS), *takes))
            raise ValueError(f"the mode {self.mode} takes no {foreign[0]}; it takes {known}")
        return self


class Performance(Strict):
    """How many labelled predictions a window needs, and how far below its hold-out metric a model
    may fall.
    """

    min_labels: int = Field(default=500, ge=30)
    max_drop: float = Field(default=0.03, gt=0)


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


def _votes(value: Any) -> Any:
    if isinstance(value, str) and (match := re.fullmatch(r"(\d+) of (\d+)", value)):
        return (int(match[1]), int(match[2]))
    return value


class Limit(Strict):
    """The least change of one feature that is drift, in its own units, in place of ``min_effect``:
    ``shift``, how far a row's number moves on average; ``share`` of the rows that change their
    category; ``missing``, the change in the share of rows without a value.
    """

    shift: float | None = Field(default=None, gt=0)
    share: float | None = Field(default=None, gt=0, le=1)
    missing: float | None = Field(default=None, gt=0, le=1)


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


class Retrain(Strict):
    """When retraining may start by itself, and on how much data.

    ``train_window`` is the longest span of events that a model learns from, ``min_train`` the
    shortest that is enough. ``min_coverage``: the share of the periods of that span and of the
    hold-out that must hold rows; a period is a day, or the month or year at whose begin all rows
    lie. ``min_rows``: so many events with an outcome are enough where they have no time.
    """

    on: tuple[Trigger, ...] = CHOSEN
    cooldown: Duration = timedelta(days=7)
    max_usd_month: float = Field(default=50, gt=0)
    train_window: CalendarLength = days(90)
    min_train: CalendarLength = days(28)
    min_coverage: float = Field(default=0.6, gt=0, le=1)
    min_rows: int = Field(default=500, ge=1)

    @model_validator(mode="after")
    def _windows_fit(self) -> Retrain:
        if self.min_train.longest > self.train_window.longest:
            raise ValueError("min_train is longer than train_window")
        return self
