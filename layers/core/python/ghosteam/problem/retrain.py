"""When a problem's models are trained again, as ``problem.yaml`` says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from ghosteam.problem.durations import Duration
from ghosteam.problem.lengths import CalendarLength, days
from ghosteam.problem.strict import OneOf, Strict
from ghosteam.problem.triggers import ALWAYS, BY_SETTING, CHOSEN, TRIGGERS

Trigger = Annotated[str, OneOf(TRIGGERS, without=(*BY_SETTING, *ALWAYS))]


class Retrain(Strict):
    """When retraining may start by itself, and on how much data.

    ``train_window`` is the longest span of events that a model learns from, ``min_train`` the
    shortest that is enough. ``min_coverage``: the share of the periods of that span and of the
    hold-out that must hold rows, of that span rows with an outcome; a period is a day, or the month
    or year at whose begin all rows lie. ``min_rows``: so many events with an outcome are enough
    where they have no time.

    ``every``: a run is due so long after the last one was started; ``new_outcomes``: it is due when
    so many events with an outcome have come since. Both begin with the next batch that is online.
    ``worth``: dollars that a unit of ``decide.values`` or ``decide.value`` is worth; a run is due
    when the model's predictions have brought less than was promised by as much as a run costs.
    """

    on: tuple[Trigger, ...] = CHOSEN
    cooldown: Duration = timedelta(days=7)
    max_usd_month: float = Field(default=50, gt=0)
    train_window: CalendarLength = days(90)
    min_train: CalendarLength = days(28)
    min_coverage: float = Field(default=0.6, gt=0, le=1)
    min_rows: int = Field(default=500, ge=1)
    every: Duration | None = None
    new_outcomes: int | None = Field(default=None, ge=1)
    worth: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _windows_fit(self) -> Retrain:
        if self.min_train.longest > self.train_window.longest:
            raise ValueError("min_train is longer than train_window")
        if self.every is not None and self.every < self.cooldown:
            raise ValueError(
                "every is shorter than cooldown, which would hold back the runs that it asks for: "
                "shorten cooldown too"
            )
        return self

    @property
    def starts(self) -> tuple[str, ...]:
        """The triggers that may start a run by themselves."""
        asked = {
            "schedule": self.every,
            "outcomes": self.new_outcomes,
            "regret": self.worth,
        }
        return (*self.on, *(name for name, setting in asked.items() if setting is not None))
