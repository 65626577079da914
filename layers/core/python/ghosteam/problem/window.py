"""A window feature, as ``problem.yaml`` says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, model_validator

from ghosteam.problem.aggregates import AGGREGATES
from ghosteam.problem.durations import Duration
from ghosteam.problem.names import Name
from ghosteam.problem.strict import OneOf, Strict

RATE = "rate"
"""The mean's other name: outcomes that are 0 or 1 have a rate."""


class Window(Strict):
    """An ``aggregate`` of rows with the same ``by`` whose outcome became known in the ``over``
    before each day's start, and within 30 days of its event, or ``target.matures`` or the constant
    part of ``target.known_at`` where these are longer.

    ``of`` names the target, or is ``rows`` for an aggregate that looks at no value. ``mean: late``
    is short for ``aggregate: mean, of: late``, and ``rate: late`` is the same. Fewer rows than
    ``min_rows`` give null; its default is the aggregate's. Values are made for each day (UTC
    midnight) and looked up by the event's day.
    """

    name: Name
    by: tuple[str, ...] = Field(min_length=1)
    aggregate: Annotated[str, OneOf(AGGREGATES)]
    of: str
    over: Duration
    min_rows: int = Field(ge=0)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        names = AGGREGATES.names
        short = [key for key in value if key in (RATE, *names) and key not in cls.model_fields]
        if len(short) > 1 or bool(short) == ("aggregate" in value):
            raise ValueError(
                f"a window has one aggregate: write one of {', '.join(names)} with what it is of, "
                "such as 'mean: <target>' or 'count: rows'"
            )
        for key in short:
            rest = {name: other for name, other in value.items() if name != key}
            value = {**rest, "aggregate": "mean" if key == RATE else key, "of": value[key]}
        if value["aggregate"] in names:
            value = {"min_rows": AGGREGATES.find(value["aggregate"]).min_rows, **value}
        return value

    @model_validator(mode="after")
    def _whole_days(self) -> Window:
        if self.over < timedelta(days=1) or self.over % timedelta(days=1):
            raise ValueError("'over' must be whole days: window features are refreshed once a day")
        return self
