"""How a model is served, and how traffic moves to it, as ``problem.yaml`` says it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ghosteam.problem.backends import BACKENDS
from ghosteam.problem.durations import Duration, parse_duration
from ghosteam.problem.strict import OneOf, Strict

LONGEST_WATCH = timedelta(days=7)
LONGEST_HOLD = timedelta(days=14)
LONGEST_CACHE = timedelta(minutes=15)
SHARED_SETTINGS = frozenset({"mode", "rollout", "rollback_hold", "cache"})
"""Fields of ``serve`` that every backend has."""


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
    ``cache``: for how long an online row that was read is used again.
    """

    mode: Annotated[str, OneOf(BACKENDS)] = "realtime"
    instance_type: str = Field(default="ml.m5.large", pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$")
    instance_count: int = Field(default=1, ge=1)
    rollout: Rollout = Rollout(percent=10, watch=timedelta(minutes=15))
    rollback_hold: Duration = Field(default=timedelta(hours=1), le=LONGEST_HOLD)
    cache: Duration = Field(default=timedelta(0), le=LONGEST_CACHE)

    @model_validator(mode="after")
    def _settings_of_the_backend(self) -> Serve:
        takes = BACKENDS.find(self.mode).settings
        if foreign := sorted(self.model_fields_set - SHARED_SETTINGS - set(takes)):
            known = ", ".join((*sorted(SHARED_SETTINGS), *takes))
            raise ValueError(f"the mode {self.mode} takes no {foreign[0]}; it takes {known}")
        return self
