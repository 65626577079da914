"""What the batches of a data set have to be like, as ``problem.yaml`` says it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from ghosteam.problem.durations import Duration
from ghosteam.problem.strict import Strict


class Quality(Strict):
    """The least ``completeness``, ``validity``, ``uniqueness`` and ``consistency`` of a batch, the
    oldest that its newest row may be when it lands (``freshness``), how far a column may lie from
    the batches before (``drift``), and the longest that may pass until another is let in
    (``arrives_within``). What is not said is not asked for.
    """

    completeness: float | None = Field(default=None, gt=0, le=1)
    validity: float | None = Field(default=None, gt=0, le=1)
    uniqueness: float | None = Field(default=None, gt=0, le=1)
    consistency: float | None = Field(default=None, gt=0, le=1)
    freshness: Duration | None = None
    drift: float | None = Field(default=None, gt=0, lt=1)
    arrives_within: Duration | None = None

    @model_validator(mode="after")
    def _asks_for_something(self) -> Quality:
        if not self.model_fields_set:
            raise ValueError("say at least one limit, such as completeness: 0.9, or remove it")
        for name in ("freshness", "arrives_within"):
            length = getattr(self, name)
            if length is not None and length <= timedelta():
                raise ValueError(f"{name} is longer than nothing, such as 2d")
        return self
