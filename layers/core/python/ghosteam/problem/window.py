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
_MINUTES, _HOUR, _DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
_MOST_PERIODS = 288
"""Of less than a day, that ``ratio_to`` covers at most: each row counts in so many values."""


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
    """An ``aggregate`` of rows with the same ``by`` that became known in the ``over`` before a
    period's start: of the data set ``from``, which are facts, or else of the events. An event's row
    is known with its outcome, and counts where that is within 30 days of it, or ``target.matures``
    or the constant part of ``target.known_at`` where these are longer.

    ``of`` names a column of the rows or, of events, the target, or is ``rows`` for an aggregate
    that looks at no value. ``mean: late`` is short for ``aggregate: mean, of: late``, and ``rate:
    late`` is the same. Rows with a null there do not count, nor those of which ``where`` is not
    true. Fewer rows than ``min_rows`` give null; its default is the aggregate's. A list in ``over``
    makes a feature of each length. ``n``: which of the newest rows a lag is; ``ratio_to``: the
    feature is its value divided by that of this longer stretch. A value is made for each period of
    a length, and looked up by the one that an event lies in: 5 minutes where it is up to an hour,
    an hour where it is less than a day, else a day, from midnight of UTC on.
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
        return tuple(f"{self.name}_{_written(length)}" for length in self.over)

    @property
    def every(self) -> timedelta:
        """The period of its shortest length; that of all where it is one of :attr:`parts`."""
        return _period_of(min(self.listed))

    @property
    def parts(self) -> dict[str, Window]:
        """What it is counted as, by the names of views: its lengths of one period each."""
        periods = sorted({_period_of(length) for length in self.listed})
        if len(periods) == 1:
            return {self.name: self}
        return {f"{self.name}_by_{_written(period)}": self._part(period) for period in periods}

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
    def _whole_periods(self) -> Window:
        if not self.listed or len(set(self.listed)) < len(self.listed):
            raise ValueError("'over' must be a length, or a list of different ones")
        if any(not length or length % _period_of(length) for length in self.listed):
            raise ValueError(
                "'over' must be whole days, under a day whole hours, and up to an hour a multiple "
                "of 5 minutes"
            )
        if self.ratio_to is not None:
            self._check_ratio(self.ratio_to)
        return self

    def _check_ratio(self, longer: timedelta) -> None:
        period = max(map(_period_of, self.listed))
        if longer % period or longer <= max(self.listed):
            raise ValueError(
                f"'ratio_to' must be longer than 'over', and a multiple of {_written(period)}"
            )
        shortest, most = min(self.listed), _MOST_PERIODS * self.every
        if self.every < _DAY and longer > most:
            raise ValueError(
                f"'ratio_to' is at most {_written(most)} where 'over' is {_written(shortest)}: "
                "write a window over each, and divide them in 'derived'"
            )

    def _part(self, period: timedelta) -> Window:
        lengths = tuple(length for length in self.listed if _period_of(length) == period)
        return self.model_copy(update={"over": lengths})


def _period_of(length: timedelta) -> timedelta:
    """How far apart values over a length are: each row counts in the fewer of them."""
    if length <= _HOUR:
        return _MINUTES
    return _HOUR if length < _DAY else _DAY


def _written(length: timedelta) -> str:
    return f"{length // _DAY}d" if length >= _DAY else format_duration(length)
