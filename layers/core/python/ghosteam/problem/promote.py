"""What a candidate must pass before it may serve, as ``problem.yaml`` says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ghosteam.metrics.metric import METRICS
from ghosteam.problem.strict import OneOf, Strict

MetricName = Annotated[str, OneOf(METRICS)]


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

    ``metric`` is the task's own when none is named. ``at_least`` limits one of which greater is
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
        margin = max(self.beat_champion.by, self.beat_champion.when_changed)
        if margin >= metric.high - metric.low:
            raise ValueError(
                f"beat_champion: a {self.metric} can never be {margin:g} better than another: it "
                f"lies in [{metric.low:g}, {metric.high:g}]"
            )
        return self
