"""The typed specification of one prediction problem, as read from ``problem.yaml``.

The models here check what can be checked without data: names that exist, columns that are declared,
gates that make sense. Each message says what to write instead; :mod:`ghosteam.problem.load` adds
the file and the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ghosteam.problem import inputs
from ghosteam.problem.aggregates import AGGREGATES, ROWS
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.decide import Decide
from ghosteam.problem.defaults import with_defaults
from ghosteam.problem.features import Features, Place
from ghosteam.problem.lengths import Length, days
from ghosteam.problem.names import EventTimeText, Name
from ghosteam.problem.promote import Promote
from ghosteam.problem.reserved import EVENT_TIME as EVENT_TIME
from ghosteam.problem.retrain import Retrain
from ghosteam.problem.search import Search
from ghosteam.problem.serve import Serve
from ghosteam.problem.share import LengthOrShare, Share
from ghosteam.problem.sources import Source
from ghosteam.problem.strict import OneOf, Strict
from ghosteam.problem.target import Target
from ghosteam.problem.timeexpr import NO_TIME, TimeExpression, parse_time_expression
from ghosteam.problem.watch import Watch
from ghosteam.problem.window import Window
from ghosteam.tasks.task import TASKS, Task, metrics_of


class Problem(Strict):
    """One prediction problem. ``event_time: none`` says that its events have no time: they are then
    told apart by their ``id``, and the hold-out is a share of them.
    """

    version: Literal[1]
    problem: Name
    task: Annotated[str, OneOf(TASKS)]
    entities: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        min_length=1, max_length=1
    )
    event_time: EventTimeText
    target: Target
    datasets: dict[Name, Dataset]
    sources: dict[Name, Source] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    features: Features
    model: Search = Search()
    holdout: LengthOrShare = days(14)
    promote: Promote
    decide: Decide = Decide()
    serve: Serve = Serve()
    watch: Watch = Watch()
    retrain: Retrain = Retrain()

    @property
    def kind(self) -> Task:
        """What follows from the problem's task."""
        return TASKS.find(self.task)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of a prediction's outputs, in their order."""
        return self.kind.outputs(self.target.name, self.target.classes)

    @property
    def metrics(self) -> tuple[str, ...]:
        """What its models are measured by: the task's metrics, the one that candidates are judged
        by, and that of what the outputs promise; each once.
        """
        names = (*metrics_of(self.kind), self.promote.metric, self.kind.honesty)
        return tuple(dict.fromkeys(names))

    @property
    def events_name(self) -> str:
        """Name of the data set with role ``events``."""
        return next(name for name, dataset in self.datasets.items() if dataset.role == "events")

    @property
    def events(self) -> Dataset:
        """The data set with role ``events``."""
        return self.datasets[self.events_name]

    @property
    def labels_name(self) -> str | None:
        """Name of the data set with role ``labels``, if outcomes come by themselves."""
        named = (name for name, dataset in self.datasets.items() if dataset.role == "labels")
        return next(named, None)

    @property
    def labels(self) -> Dataset | None:
        """The data set with role ``labels``."""
        return self.datasets[self.labels_name] if self.labels_name else None

    @property
    def label_key(self) -> tuple[str, ...]:
        """Columns by which a label names its event: those of ``id``, or the entity's and those that
        the event time is made of.
        """
        made_of = (*self.entity_columns, *self.event_time_expression.columns)
        return self.events.id or tuple(dict.fromkeys(made_of))

    @property
    def stated_columns(self) -> tuple[str, ...]:
        """Columns of the labels that the outcome is made of. A row in which they are all null
        states none: it withdraws what rows before it stated.
        """
        if self.labels is None:
            return ()
        told = (name for name in self.labels.columns if name not in self.label_key)
        return tuple(name for name in told if name in self.target.words)

    @property
    def target_columns(self) -> Mapping[str, Column]:
        """Columns that the target may read: those of the events and of the labels."""
        return {**(self.labels.columns if self.labels else {}), **self.events.columns}

    @property
    def used_datasets(self) -> tuple[str, ...]:
        """Data sets that rows, their outcomes and their features come from, each once."""
        return (
            self.events_name,
            *((self.labels_name,) if self.labels_name else ()),
            *self.feature_datasets,
        )

    @property
    def feature_datasets(self) -> tuple[str, ...]:
        """Data sets beside the events that features come from, each once."""
        return (*self.joined_datasets, *self.counted_facts)

    @property
    def counted_facts(self) -> tuple[str, ...]:
        """Data sets of facts that windows count, each once."""
        counted = dict.fromkeys(self.counted_by(window) for window in self.features.windows)
        return tuple(name for name in counted if name != self.events_name)

    @property
    def entity_columns(self) -> tuple[str, ...]:
        """Columns that together identify what predictions are about; it may have many events."""
        return next(iter(self.entities.values()))

    @property
    def event_id(self) -> tuple[str, ...]:
        """What makes an event: the declared columns, or the entity's and ``event_time``, in a frame
        that has it (see :func:`ghosteam.data.derive.with_event_time`).
        """
        return self.events.id or tuple(dict.fromkeys((*self.entity_columns, EVENT_TIME)))

    @property
    def naming_columns(self) -> tuple[str, ...]:
        """Columns of the events that name one, beside its time: the entity's and those of ``id``,
        each once.
        """
        return tuple(dict.fromkeys((*self.entity_columns, *self.events.id)))

    @property
    def timed(self) -> bool:
        """Whether its events have a time."""
        return self.event_time != NO_TIME

    @property
    def event_time_expression(self) -> TimeExpression:
        """When a row's prediction is asked."""
        return parse_time_expression(self.event_time).on_clocks_of(self.events.columns)

    @property
    def known_at_expression(self) -> TimeExpression:
        """When a row's outcome becomes known; may use the column ``event_time``."""
        text = self.target.known_at or NO_TIME
        return parse_time_expression(text).on_clocks_of(self.target_columns)

    @property
    def held_out_length(self) -> Length:
        """How long a stretch of events the hold-out is."""
        assert isinstance(self.holdout, Length)
        return self.holdout

    @property
    def held_out_share(self) -> float:
        """Which fraction of the events without a time the hold-out is."""
        assert isinstance(self.holdout, Share)
        return self.holdout.fraction

    @property
    def joins(self) -> tuple[tuple[Place, str], ...]:
        """Every ``dataset.column`` that is looked up, once, with the field that names it first: for
        features, and for the keys of data sets that are found through others.
        """
        found = {join: place for place, join in self.features.joins}
        for name in dict.fromkeys(join.partition(".")[0] for join in found):
            for column, join in self.datasets[name].through.items():
                found.setdefault(join, ("datasets", name, "through", column))
        return tuple((place, join) for join, place in found.items())

    def joined_columns(self, dataset: str) -> tuple[str, ...]:
        """Columns that are taken from a looked-up data set, in the order in which they are
        named.
        """
        parts = (join.partition(".") for _, join in self.joins)
        return tuple(column for name, _, column in parts if name == dataset)

    @property
    def joined_datasets(self) -> tuple[str, ...]:
        """Looked-up data sets that features are taken from, each once; what is found through others
        comes after them.
        """
        names = dict.fromkeys(join.partition(".")[0] for _, join in self.joins)
        return tuple(sorted(names, key=lambda name: bool(self.datasets[name].through)))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the model's inputs in their fixed order."""
        return self.features.names

    @property
    def private_features(self) -> frozenset[str]:
        """Features that come from a private column."""
        return inputs.private_features(self)

    @property
    def logged_features(self) -> tuple[str, ...]:
        """Features whose values may stand in logs, and whose drift can therefore be watched, in
        their fixed order.
        """
        return tuple(name for name in self.feature_names if name not in self.private_features)

    def counted_by(self, window: Window) -> str:
        """The data set whose rows a window counts."""
        return window.from_ or self.events_name

    def windows_over(self, dataset: str) -> tuple[Window, ...]:
        """The windows that count the rows of a data set."""
        return tuple(one for one in self.features.windows if self.counted_by(one) == dataset)

    def window_value(self, window: Window) -> str | None:
        """The column whose values a window's aggregate takes; None for outcomes, and for rows."""
        of_rows = AGGREGATES.find(window.aggregate).of == ROWS
        of_target = window.of == self.target.name and self.counted_by(window) == self.events_name
        return None if of_rows or of_target else window.of

    def window_columns(self, dataset: str) -> tuple[str, ...]:
        """Columns of a data set that windows over it are made by, of and where, each once."""
        named = {
            column
            for window in self.windows_over(dataset)
            for column in (*window.by, *window.filter_words, self.window_value(window))
        }
        return tuple(column for column in self.datasets[dataset].columns if column in named)

    @property
    def text_features(self) -> tuple[str, ...]:
        """The model's inputs that are strings, and looked-up strings that only others read."""
        return inputs.text_features(self)

    @property
    def categorical_features(self) -> tuple[str, ...]:
        """The model's inputs that are categories: strings, and those that are declared so."""
        return inputs.categorical_features(self)

    @property
    def request_columns(self) -> tuple[str, ...]:
        """Columns of the events that a prediction request must carry, each once: entity, id, event
        time, features, join keys, what features are derived from.
        """
        joined = [self.datasets[name] for name in self.joined_datasets]
        keys = [c for dataset in joined for c in dataset.key if c not in dataset.through]
        windows = [c for window in self.features.windows for c in window.by]
        derived = [r.name for r in self.features.reads if not r.dataset]
        columns = (
            *self.naming_columns,
            *self.event_time_expression.columns,
            *self.features.request,
            *keys,
            *windows,
            *(name for name in derived if name in self.events.columns),
        )
        return tuple(dict.fromkeys(columns))

    @model_validator(mode="before")
    @classmethod
    def _what_is_not_said(cls, value: Any) -> Any:
        return with_defaults(value) if isinstance(value, Mapping) else value
