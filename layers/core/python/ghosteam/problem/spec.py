"""The typed specification of one prediction problem, as read from ``problem.yaml``.

The models here check what can be checked without data: names that exist, columns that are declared,
gates that make sense. Each message says what to write instead; :mod:`ghosteam.problem.load` adds
the file and the line.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ghosteam.problem.durations import Duration
from ghosteam.problem.policies import Model, Promote, Retrain, Serve, Watch
from ghosteam.problem.sources import Source
from ghosteam.problem.strict import Strict
from ghosteam.problem.timeexpr import TimeExpression, parse_time_expression

ColumnKind = Literal["integer", "number", "string", "boolean", "timestamp"]
EVENT_TIME = "event_time"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a name: use a lower-case letter, then letters, digits or _, at most "
            "31"
        )
    return text


def _time(text: str) -> str:
    parse_time_expression(text)
    return text


Name = Annotated[str, AfterValidator(_name)]
TimeText = Annotated[str, AfterValidator(_time)]


class Column(Strict):
    """One column of a data set: its type and the values it may hold. A null is allowed only when
    ``nullable``.

    The values of a ``private`` column, and features that come from it, are kept out of logs,
    alerts, references and reports. ``example`` is a value that the API's documentation shows.
    """

    type: ColumnKind
    nullable: bool = False
    private: bool = False
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    example: bool | int | float | str | None = None

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
        if self.values is not None and self.type != "string":
            raise ValueError(f"values needs a string column, not {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.example is not None:
            self._check_example(self.example)
        return self

    def _check_example(self, example: bool | int | float | str) -> None:
        boolean, number, text = (isinstance(example, kind) for kind in (bool, int | float, str))
        suits = {
            "integer": isinstance(example, int) and not boolean,
            "number": number and not boolean,
            "boolean": boolean,
            "string": text,
            "timestamp": text,
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

    ``events`` holds the rows to predict and their outcomes. Other data sets are looked up:
    ``static`` ones by ``key`` alone, timed ones by ``key`` and the period of length ``every`` that
    was known at the event's time, that is the latest period that began at or before ``event_time -
    known_after``.
    """

    role: Literal["events", "lookup"] = "lookup"
    columns: dict[str, Column] = Field(min_length=1)
    key: tuple[str, ...] = ()
    time: str | None = None
    every: Duration | None = None
    known_after: Duration = timedelta()
    static: bool = False
    contract: str | None = None
    null_values: tuple[str, ...] = ("", "NA")
    reject_over: float = Field(default=0.1, gt=0, le=1)

    @model_validator(mode="after")
    def _is_complete(self) -> Dataset:
        if self.role == "events":
            return self
        if not self.key:
            raise ValueError("a looked-up data set needs 'key': the columns that identify a row")
        if self.static == (self.time is not None):
            raise ValueError(
                "say either 'static: true' or 'time: <timestamp column>' with 'every: <period>'"
            )
        if self.time is not None and self.every is None:
            raise ValueError("a timed data set needs 'every': the period of its rows, such as 1h")
        for column in (*self.key, *([self.time] if self.time else [])):
            if column not in self.columns:
                raise ValueError(f"{column!r} is used as key or time but is not among 'columns'")
        return self


class Target(Strict):
    """What is predicted. ``expr`` is a SQL expression over the events' columns; null where the
    outcome is not known.
    """

    name: Name
    expr: str
    known_at: TimeText


class Window(Strict):
    """The mean of the target over rows with the same ``by`` whose outcome became known in the
    ``over`` before each day's start.

    ``rate`` names the target. Values are made for each day (UTC midnight) and looked up by the
    event's day.
    """

    name: Name
    by: tuple[str, ...] = Field(min_length=1)
    rate: str
    over: Duration
    min_rows: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _whole_days(self) -> Window:
        if self.over < timedelta(days=1) or self.over % timedelta(days=1):
            raise ValueError("'over' must be whole days: window features are refreshed once a day")
        return self


class Features(Strict):
    """``request`` columns come with each request, ``join`` names ``dataset.column``, ``windows``
    are aggregates.
    """

    request: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()


class Problem(Strict):
    """One prediction problem."""

    version: Literal[1]
    problem: Name
    task: Literal["binary"]
    entities: dict[str, tuple[str, ...]] = Field(min_length=1, max_length=1)
    event_time: TimeText
    target: Target
    datasets: dict[Name, Dataset]
    sources: dict[Name, Source] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    features: Features
    model: Model = Model()
    holdout: Duration = timedelta(days=14)
    promote: Promote = Promote()
    serve: Serve = Serve()
    watch: Watch = Watch()
    retrain: Retrain = Retrain()

    @property
    def events_name(self) -> str:
        """Name of the data set with role ``events``."""
        return next(name for name, dataset in self.datasets.items() if dataset.role == "events")

    @property
    def events(self) -> Dataset:
        """The data set with role ``events``."""
        return self.datasets[self.events_name]

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """Columns that together identify one row to predict."""
        return next(iter(self.entities.values()))

    @property
    def event_time_expression(self) -> TimeExpression:
        """When a row's prediction is asked."""
        return parse_time_expression(self.event_time)

    @property
    def known_at_expression(self) -> TimeExpression:
        """When a row's outcome becomes known; may use the column ``event_time``."""
        return parse_time_expression(self.target.known_at)

    def joined_columns(self, dataset: str) -> tuple[str, ...]:
        """Feature columns taken from a looked-up data set, in the order of ``features.join``."""
        return tuple(
            c for d, _, c in (j.partition(".") for j in self.features.join) if d == dataset
        )

    @property
    def joined_datasets(self) -> tuple[str, ...]:
        """Looked-up data sets that features are taken from, each once."""
        return tuple(dict.fromkeys(join.partition(".")[0] for join in self.features.join))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model's inputs in their fixed order: request, join (``dataset__column``),
        windows.
        """
        return (
            *self.features.request,
            *(join.replace(".", "__") for join in self.features.join),
            *(window.name for window in self.features.windows),
        )

    @property
    def private_features(self) -> frozenset[str]:
        """Features that come from a private column; the mean of a target that reads one is none of
        them.
        """
        requested = {name for name in self.features.request if self.events.columns[name].private}
        joined = {
            join.replace(".", "__")
            for dataset, _, column, join in (
                (*join.partition("."), join) for join in self.features.join
            )
            if self.datasets[dataset].columns[column].private
        }
        return frozenset(requested | joined)

    @property
    def logged_features(self) -> tuple[str, ...]:
        """Features whose values may stand in logs, and whose drift can therefore be watched, in
        their fixed order.
        """
        return tuple(name for name in self.feature_names if name not in self.private_features)

    @property
    def categorical_features(self) -> tuple[str, ...]:
        """The model's inputs that are strings."""
        kinds = {name: self.events.columns[name].type for name in self.features.request}
        for join in self.features.join:
            dataset, _, column = join.partition(".")
            kinds[join.replace(".", "__")] = self.datasets[dataset].columns[column].type
        return tuple(name for name, kind in kinds.items() if kind == "string")

    @property
    def request_columns(self) -> tuple[str, ...]:
        """Columns of the events that a prediction request must carry, each once: entity, event
        time, features, join keys.
        """
        keys = [c for name in self.joined_datasets for c in self.datasets[name].key]
        windows = [c for window in self.features.windows for c in window.by]
        columns = (
            *self.entity_columns,
            *self.event_time_expression.columns,
            *self.features.request,
            *keys,
            *windows,
        )
        return tuple(dict.fromkeys(columns))

    @model_validator(mode="after")
    def _refers_to_what_exists(self) -> Problem:
        events = [name for name, dataset in self.datasets.items() if dataset.role == "events"]
        if len(events) != 1:
            raise ValueError(
                f"exactly one data set must have 'role: events'; {len(events)} have it"
            )
        for name, source in self.sources.items():
            if source.dataset not in self.datasets:
                raise ValueError(
                    f"source {name!r} is for {source.dataset!r}; data sets are "
                    f"{', '.join(self.datasets)}"
                )
        columns = self.events.columns

        def known(column: str, use: str) -> None:
            if column not in columns:
                raise ValueError(
                    f"{use} uses {column!r}, which is not among the columns of {events[0]!r}"
                )

        for column in self.entity_columns:
            known(column, "entities")
        for column in self.event_time_expression.columns:
            known(column, "event_time")
        if columns[self.event_time_expression.base].type != "timestamp":
            raise ValueError(
                "event_time must begin with a timestamp column, "
                f"{self.event_time_expression.base!r} is none"
            )
        for column in self.known_at_expression.columns:
            if column != EVENT_TIME:
                known(column, "target.known_at")
        for column in self.exclude:
            known(column, "exclude")
        for join in self.features.join:
            dataset, _, column = join.partition(".")
            if dataset not in self.datasets or column not in self.datasets[dataset].columns:
                raise ValueError(
                    f"features.join: {join!r} is not <dataset>.<column> of a declared data set"
                )
            for key in self.datasets[dataset].key:
                known(key, f"the key of {dataset}")
        for window in self.features.windows:
            if window.rate != self.target.name:
                raise ValueError(
                    f"window {window.name!r}: rate must name the target, {self.target.name!r}"
                )
            for column in window.by:
                known(column, f"window {window.name}")
        for column in self.request_columns:
            known(column, "a request")
            if column in self.exclude:
                raise ValueError(
                    f"{column!r} is excluded as known too late, but a request would have to carry "
                    "it"
                )
        if not self.feature_names:
            raise ValueError("features is empty: name at least one request column, join or window")
        for column in self.promote.slices:
            if column not in self.feature_names:
                raise ValueError(
                    f"promote.slices: {column!r} is not a feature; features are "
                    f"{', '.join(self.feature_names)}"
                )
            if column in self.private_features:
                raise ValueError(
                    f"promote.slices: {column!r} is private, and its values would stand in the "
                    "gates' reasons"
                )
        for column in (*self.entity_columns, *self.event_time_expression.columns):
            if columns[column].private:
                raise ValueError(
                    f"{column!r} cannot be private: predictions are logged by entity and time, to "
                    "be matched with their "
                    "outcomes; give a pseudonym in its place"
                )
        return self
