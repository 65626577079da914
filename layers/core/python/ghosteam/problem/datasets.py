"""Data sets of a problem and their columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from ghosteam.problem.durations import Duration
from ghosteam.problem.files import Files
from ghosteam.problem.moments import Ambiguous, Unit, zone_of
from ghosteam.problem.names import TimeText
from ghosteam.problem.periods import Every, Period
from ghosteam.problem.quality import Quality
from ghosteam.problem.strict import Strict
from ghosteam.problem.time_formats import TimeFormat
from ghosteam.problem.timeexpr import LAST_YEAR, TimeExpression, parse_time_expression
from ghosteam.problem.written_numbers import DecimalMark, Symbol, ThousandsMark, check_marks


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_texts(value: Any) -> Any:
    """YAML reads -999 as a number; a marker is a text."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(str(item) if type(item) in (int, float) else item for item in value)


Markers = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_texts),
    WithJsonSchema({"type": "array", "items": {"type": ["string", "number"]}}),
]
ColumnKind = Literal["integer", "number", "string", "boolean", "timestamp"]


Moment = Annotated[datetime, AfterValidator(_in_utc)]
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(LAST_YEAR, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_TOMORROW = timedelta(days=1)
_OF_TIMESTAMPS = {"format", "unit", "zone", "ambiguous", "earliest", "latest", "horizon"}
_OF_NUMBERS = {"symbol", "decimal", "thousands"}
_OF_TEXT, _OF_OTHERS = ("",), ("", "NA")
_OF_TIMED = ("every", "origin", "known_after")
_OF_LOOKUPS = {"id", "key", "time", "every", "origin", "known_after", "static", "through"}


class Column(Strict):
    """One column of a data set: its type and the values it may hold. A null is allowed only when
    ``nullable``.

    A ``categorical`` integer or boolean is a name and no quantity: models split its values as they
    do texts. The values of a ``private`` column, and features that come from it, are kept out of
    logs, alerts, references and reports. ``example`` is a value that the API's documentation shows.

    Files may call it by another name (``from``), and write its numbers with a ``symbol`` beside
    them, or with marks that are the column's own. A column that is ``made_of`` a row's content
    names a row where files have no name of it.

    A timestamp is ISO 8601 text, in files also text of a ``format``, or with a ``unit`` a number
    since 1970. Text without an offset is wall-clock time of ``zone``; ``ambiguous`` says which is
    meant of a time that its clocks show twice. It is not before ``earliest`` (1900) and not after
    ``latest``, by default a day and the ``horizon`` after the row's file landed.
    """

    type: ColumnKind
    nullable: bool = False
    private: bool = False
    categorical: bool = False
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = Field(default=None, min_length=1)
    null_values: Markers | None = None
    example: bool | int | float | str | None = None
    from_: str | None = Field(default=None, alias="from")
    made_of: Literal["content"] | None = None
    symbol: Symbol | None = None
    decimal: DecimalMark | None = None
    thousands: ThousandsMark | None = None
    format: TimeFormat | None = None
    unit: Unit | None = None
    zone: str = "UTC"
    ambiguous: Ambiguous = "refuse"
    earliest: Moment | None = None
    latest: Moment | None = None
    horizon: Duration = timedelta(days=366)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """``integer`` is short for ``{type: integer}``; ``integer?`` also allows nulls."""
        if isinstance(value, str):
            return {"type": value.removesuffix("?"), "nullable": value.endswith("?")}
        return value

    @model_validator(mode="after")
    def _bounds_suit_the_type(self) -> Column:
        if (self.min is not None or self.max is not None) and self.type not in (
            "integer",
            "number",
        ):
            raise ValueError(f"min and max need a numeric column, not {self.type}")
        if self.categorical and self.type not in ("integer", "boolean", "string"):
            raise ValueError(f"a category is an integer, a boolean or a string, not {self.type}")
        if self.values is not None and self.type != "string":
            raise ValueError(f"values needs a string column, not {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.type != "timestamp":
            for name in self.model_fields_set & _OF_TIMESTAMPS:
                raise ValueError(f"{name} needs a timestamp column, not {self.type}")
        self._check_writing()
        zone_of(self.zone)
        if self.latest is not None and self.latest < (self.earliest or EARLIEST):
            raise ValueError("latest is before earliest")
        if self.example is not None:
            self._check_example(self.example)
        return self

    def time_bounds(self, landed: datetime | None = None) -> tuple[datetime, datetime]:
        """Earliest and latest value of a timestamp (aware, UTC); ``landed``: when the row's file
        did, where it lies in one.
        """
        latest = self.latest
        if latest is None and landed is not None:
            latest = landed + _TOMORROW + self.horizon
        return self.earliest or EARLIEST, latest or LATEST

    def _check_writing(self) -> None:
        if self.type not in ("integer", "number"):
            for name in self.model_fields_set & _OF_NUMBERS:
                raise ValueError(f"{name} needs a numeric column, not {self.type}")
        if self.has_own_marks:
            check_marks(self.decimal or ".", self.thousands)
        if self.format is not None and self.unit is not None:
            raise ValueError("a time is text of a format or a number of a unit, not both")
        if self.made_of and (self.type != "string" or self.nullable):
            raise ValueError("what is made of a row's content is a string, and never null")

    @property
    def has_own_marks(self) -> bool:
        """Whether it says itself which marks its numbers have; then it says both."""
        return self.decimal is not None or self.thousands is not None

    def _check_example(self, example: bool | int | float | str) -> None:
        boolean, number, text = (isinstance(example, kind) for kind in (bool, int | float, str))
        suits = {
            "integer": isinstance(example, int) and not boolean,
            "number": number and not boolean,
            "boolean": boolean,
            "string": text,
            "timestamp": text if self.unit is None else number and not boolean,
        }
        if not suits[self.type]:
            raise ValueError(f"example {example!r} is no {self.type}")
        if isinstance(example, int | float):
            low, high = (example if bound is None else bound for bound in (self.min, self.max))
            if not low <= example <= high:
                raise ValueError(f"example {example!r} is not between min and max")
        if self.values is not None and example not in self.values:
            raise ValueError(f"example {example!r} is none of values")


class Dataset(Strict):
    """One data set: a table whose files land at ``<problem>/<dataset>/``.

    ``events`` holds the rows to predict, and their outcomes unless there are ``labels``: outcomes
    that come by themselves, each with the columns that name its event. A file without rows says
    that there are none now where that is ``allowed``. ``facts`` are what else happened, each at its
    ``time``: windows count the rows of a ``key``, which are known ``known_after`` their time;
    ``every`` period (a day) is expected to have some. Other data sets are looked up: ``static``
    ones by ``key`` alone, timed ones by ``key`` and period. A row belongs to the period that begins
    at its ``time`` or next after it; an event looks up the latest period that began at or before
    ``event_time - known_after``. So no row is seen before its own time and ``known_after`` have
    passed. A key's values are those of the event's columns of the same names, or, ``through``
    another looked-up data set, those in the row that the event finds there: ``dataset.column``.

    ``id`` names the columns that make an event, or a fact: of its rows the newest counts. Without
    it these are the entity's columns and the event time, or the ``key`` and ``time``. A batch is
    rejected for its bad rows when they are ``reject_at_least`` or more and their share is over
    ``reject_over``, or when no row is good.
    """

    role: Literal["events", "lookup", "labels", "facts"] = "lookup"
    of: str | None = None
    columns: dict[str, Column] = Field(min_length=1)
    id: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    time: TimeText | None = None
    every: Every | None = None
    origin: Moment | None = None
    known_after: Duration = timedelta()
    static: bool = False
    through: dict[str, str] = Field(default={})
    contract: str | None = None
    files: Files | None = None
    null_values: Markers | None = None
    empty: Literal["rejected", "allowed"] = "rejected"
    reject_over: float = Field(default=0.1, gt=0, le=1)
    reject_at_least: int = Field(default=10, ge=1)
    quality: Quality | None = None

    @property
    def time_expression(self) -> TimeExpression:
        """When a row begins to hold, of a timed data set."""
        assert self.time is not None
        return parse_time_expression(self.time).on_clocks_of(self.columns)

    @property
    def time_columns(self) -> tuple[str, ...]:
        """The columns that ``time`` reads; none of a data set without."""
        return self.time_expression.columns if self.time else ()

    @property
    def period(self) -> Period:
        """The periods of a timed data set."""
        assert self.every is not None
        return replace(self.every, origin=self.origin) if self.origin else self.every

    def null_markers(self, column: str) -> Markers:
        """Texts that stand for null in a column: its own, else the data set's, else those that no
        value of its type can be. What is among the column's ``values`` is none.
        """
        declared = self.columns[column]
        markers = declared.null_values
        if markers is None:
            markers = self.null_values
        if markers is None:
            markers = _OF_TEXT if declared.type == "string" else _OF_OTHERS
        return tuple(marker for marker in markers if marker not in (declared.values or ()))

    @property
    def texts(self) -> frozenset[str]:
        """The columns of text."""
        return frozenset(name for name, column in self.columns.items() if column.type == "string")

    @model_validator(mode="after")
    def _is_complete(self) -> Dataset:
        if self.of is not None and self.role != "labels":
            raise ValueError("only labels are 'of' other rows; a data set of them has role: labels")
        if self.role == "events":
            return self
        if self.role == "labels":
            return self._is_of_events()
        if self.role == "facts":
            self._has_facts()
        else:
            self._is_looked_up()
        if self.origin is not None:
            if self.every is None:
                raise ValueError("origin needs 'every': it says where a period begins")
            self.period.check()
        for column in (*self.id, *self.key, *self.time_columns):
            if column not in self.columns:
                raise ValueError(
                    f"{column!r} is used as key, time or id but is not among 'columns'"
                )
        return self

    def _has_facts(self) -> None:
        if not self.key:
            raise ValueError(
                "facts need 'key': the columns by which windows count their rows for an event"
            )
        if self.time is None:
            raise ValueError("facts need 'time': when each row happened")
        if self.static:
            raise ValueError("facts are not 'static': each row happened at its own time")

    def _is_looked_up(self) -> None:
        if self.id:
            raise ValueError(
                "only events and facts have an 'id': the rows of others are found by their 'key'"
            )
        if not self.key:
            raise ValueError("a looked-up data set needs 'key': the columns that identify a row")
        if self.static == (self.time is not None):
            raise ValueError(
                "say either 'static: true' or 'time: <timestamp column>' with 'every: <period>'"
            )
        if self.static and (timed := [name for name in _OF_TIMED if getattr(self, name)]):
            raise ValueError(f"a static data set has no {timed[0]!r}: its rows hold at any time")
        if self.time is not None and self.every is None:
            raise ValueError("a timed data set needs 'every': the period of its rows, such as 1h")

    def _is_of_events(self) -> Dataset:
        if self.of is None:
            raise ValueError("labels need 'of': the data set of the events that they are about")
        if foreign := sorted(self.model_fields_set & _OF_LOOKUPS):
            raise ValueError(
                f"labels have no {foreign[0]!r}: they name their event by its own columns, and "
                "target.known_at says when an outcome became known"
            )
        return self
