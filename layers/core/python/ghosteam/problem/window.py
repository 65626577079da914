"""A window feature, as ``problem.yaml`` says it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from ghosteam.problem.aggregates import AGGREGATES
from ghosteam.problem.durations import Duration, format_duration, parse_duration
from ghosteam.problem.names import Name
from ghosteam.problem.strict import OneOf, Strict
from ghosteam.problem.target import words_of

RATE = "rate"
"""The mean's other name: outcomes that are 0 or 1 have a rate."""
_DAY = timedelta(days=1)


def _parse_lengths(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(parse_duration(one) for one in value)
    return parse_duration(value)


def _format_lengths(value: timedelta | tuple[timedelta, ...]) -> str | list[str]:
    if isinstance(value, tuple):
        return [format_duration(one) for one in value]
    return format_duration(value)


Lengths = Annotated[
    timedelta | tuple[timedelta, ...],
    BeforeValidator(_parse_lengths),
    PlainSerializer(_format_lengths, return_type=str | list[str]),
]
"""A duration, or a list of them."""


class Window(Strict):
    """An ``aggregate`` of rows with the same ``by`` that became known in the ``over`` before each
    day's start: of the data set ``from``, which are facts, or else of the events. An event's row is
    known with its outcome, and counts where that is within 30 days of it, or ``target.matures`` or
    the constant part of ``target.known_at`` where these are longer.

    ``of`` names a column of the rows or, of events, the target, or is ``rows`` for an aggregate
    that looks at no value. ``mean: late`` is short for ``aggregate: mean, of: late``, and ``rate:
    late`` is the same. Rows with a null there do not count, nor those of which ``where`` is not
    true. Fewer rows than ``min_rows`` give null; its default is the aggregate's. A list in ``over``
    makes a feature of each length. ``n``: which of the newest rows a lag is; ``ratio_to``: the
    feature is its value divided by that of this longer stretch. Values are made for each day (UTC
    midnight) and looked up by the event's day.
    """

    name: Name
    from_: str | None = Field(default=None, alias="from")
    by: tuple[str, ...] = Field(min_length=1)
    aggregate: Annotated[str, OneOf(AGGREGATES)]
    of: str
    over: Lengths
    min_rows: int = Field(ge=0)
    where: str | None = None
    n: int | None = Field(default=None, ge=1, le=1000)
    ratio_to: Duration | None = None

    @property
    def spans(self) -> tuple[timedelta, ...]:
        """The stretches that are counted: those of ``over``, and ``ratio_to``."""
        return (*self.listed, *((self.ratio_to,) if self.ratio_to else ()))

    @property
    def reach(self) -> timedelta:
        """The longest of them."""
        return max(self.spans)

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its features: ``name``, and with a list in ``over`` each length after it, as
        in ``late_7d``.
        """
        if not isinstance(self.over, tuple):
            return (self.name,)
        return tuple(f"{self.name}_{length // _DAY}d" for length in self.over)

    @property
    def filter_words(self) -> frozenset[str]:
        """Words of ``where``: the columns that it reads are among them."""
        return words_of(self.where or "")

    @property
    def listed(self) -> tuple[timedelta, ...]:
        """The lengths of ``over``."""
        return self.over if isinstance(self.over, tuple) else (self.over,)

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
        if any(length < _DAY or length % _DAY for length in self.listed):
            raise ValueError("'over' must be whole days: window features are refreshed once a day")
        if not self.listed or len(set(self.listed)) < len(self.listed):
            raise ValueError("'over' must be a length, or a list of different ones")
        if self.ratio_to is not None and (
            self.ratio_to % _DAY or self.ratio_to <= max(self.listed)
        ):
            raise ValueError("'ratio_to' must be whole days, and longer than 'over'")
        return self
