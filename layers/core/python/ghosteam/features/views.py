"""Feature views: for each looked-up data set, and for windows, how a row's keys follow from an
event.

A timed view is keyed by its columns and by the *period* (Unix seconds of its begin, UTC) that was
known at the event's time. With the period in the key, offline and online look up the same row for
the same event, whenever they do it: a replay, a late event and a backfill find what was known then,
not what is newest now. See ``docs/decisions/0002-periods-in-feature-keys.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from ghosteam.features.aggregates.aggregate import aggregate_of, without_rows
from ghosteam.problem.counted import all_counted, as_counted
from ghosteam.problem.hashes import DIGITS, lookup_hash, windows_hash
from ghosteam.problem.lengths import Length
from ghosteam.problem.online_windows import online_windows
from ghosteam.problem.periods import Period
from ghosteam.problem.reserved import period_name
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window

EXPIRES = "expires_at"
"""Attribute of an online row by which DynamoDB removes it: Unix seconds."""


@dataclass(frozen=True)
class JoinStep:
    """Where an event's value of a key stands: in the row that another ``view`` has for it.
    ``column``: how the data set itself calls the key.
    """

    view: str
    column: str


@dataclass(frozen=True)
class View:
    """One feature view.

    ``keys``: event columns, and features of other views, which are those of ``through``; ``every``
    and ``lag``: None for a static view, else the periods and how long after the begin of one it is
    known; ``features``: source column to feature name (as the model calls it); ``absent``: what
    of these are for a key that the view has no row of, where that is a number. ``version``: what
    its rows are made by; rows of several versions stand side by side while models that learned by
    them serve. ``online_for``: how long rows of a period can be read after its end. ``windows``:
    what a view of windows is made of, each with the lengths that have its period.
    """

    name: str
    kind: Literal["static", "timed", "window"]
    keys: tuple[str, ...]
    features: Mapping[str, str]
    version: str
    every: Period | None = None
    lag: timedelta = timedelta()
    absent: Mapping[str, float] = field(default_factory=dict)
    online_for: Length | None = None
    windows: tuple[Window, ...] = ()
    through: Mapping[str, JoinStep] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features, as the model calls them."""
        return tuple(self.features.values())

    @cached_property
    def without_row(self) -> tuple[float | None, ...]:
        """What these are for a key that the view has no row of."""
        return tuple(self.absent.get(name) for name in self.names)

    @cached_property
    def period_key(self) -> str | None:
        """Name of the key that holds the period, or None for a static view."""
        return period_name(self.name) if self.every else None

    @cached_property
    def join_keys(self) -> tuple[str, ...]:
        """All key columns of the view: ``keys`` and, unless static, the period."""
        return (*self.keys, self.period_key) if self.period_key else self.keys

    def column_of(self, key: str) -> str:
        """How the view's data set calls one of ``keys``."""
        return self.through[key].column if key in self.through else key

    def period_at(self, moment: datetime) -> int:
        """Unix seconds of the begin of the newest period that is known at ``moment`` (aware,
        UTC).
        """
        assert self.every is not None
        return self.every.begin(moment - self.lag)

    def since(self, now: datetime) -> datetime | None:
        """Events of that time or earlier find no rows ``now``; None: events of any time do."""
        if self.online_for is None or self.every is None:
            return None
        return self.online_for.before(now)

    def last_asked(self, period: int) -> datetime:
        """Until when events ask for a period, by its begin (Unix seconds)."""
        assert self.every is not None
        return datetime.fromtimestamp(period, UTC) + self.every.longest + self.lag

    def key_of(self, row: Mapping[str, Any], event_time: datetime) -> dict[str, str | int] | None:
        """The view's key for an event, or None when one of its columns is null; ``row`` holds the
        features that it goes ``through`` too, where whole numbers are floats.
        """
        if None in [row.get(column) for column in self.keys]:
            return None
        key: dict[str, str | int] = {column: row[column] for column in self.keys}
        for name in self.through:
            if isinstance(value := key[name], float):
                key[name] = int(value)
        if self.period_key:
            key[self.period_key] = self.period_at(event_time)
        return key


def views_of(problem: Problem) -> tuple[View, ...]:
    """The problem's feature views: one for each joined data set, and for each window, or those that
    share rows, one for each of the periods that its lengths have.
    """
    known = _KNOWN.get(id(problem))
    if known is None or known[0] is not problem:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = _KNOWN[id(problem)] = problem, _views_of(problem)
    return known[1]


_KNOWN: dict[int, tuple[Problem, tuple[View, ...]]] = {}
_MOST_KNOWN = 1000


def _views_of(problem: Problem) -> tuple[View, ...]:
    views, online_for = [], problem.features.online_for
    for name in problem.joined_datasets:
        dataset = problem.datasets[name]
        features = {column: f"{name}__{column}" for column in problem.joined_columns(name)}
        periods = None if dataset.every is None else dataset.period
        kind: Literal["static", "timed"] = "static" if dataset.static else "timed"
        version = lookup_hash(problem, name)[:DIGITS]
        told = {column: path.replace(".", "__") for column, path in dataset.through.items()}
        through = {
            told[column]: JoinStep(path.partition(".")[0], column)
            for column, path in dataset.through.items()
        }
        views.append(
            View(
                name,
                kind,
                tuple(told.get(column, column) for column in dataset.key),
                features,
                version,
                periods,
                dataset.known_after,
                online_for=online_for,
                through=through,
            )
        )
    for counted in all_counted(problem):
        version = windows_version(counted)
        for name, windows in online_windows(counted, counted.events_name).items():
            names = [feature for window in windows for feature in window.features]
            views.append(
                View(
                    name,
                    "window",
                    windows[0].by,
                    dict(zip(names, names, strict=True)),
                    version,
                    Period(0, windows[0].every),
                    absent=_absent(windows),
                    online_for=online_for,
                    windows=windows,
                )
            )
    return tuple(views)


def window_views(problem: Problem) -> Iterator[View]:
    """The views that count the problem's own events."""
    for view in views_of(problem):
        if view.windows and problem.counted_by(view.windows[0]) == problem.events_name:
            yield view


def windows_version(problem: Problem) -> str:
    """The version of all of its windows over its events."""
    return windows_hash(problem)[:DIGITS]


def view_of(problem: Problem, step: JoinStep) -> View:
    """The view whose rows tell a key."""
    return next(view for view in views_of(problem) if view.name == step.view)


def views_version(problem: Problem, dataset: str) -> str | None:
    """The version of what is made from a data set: of looked-up rows their view's; of facts, and of
    events and labels, that of the windows over them, by which it is counted too how far events and
    labels have met. None where nothing is made.
    """
    counted = as_counted(problem, dataset)
    if dataset in (counted.events_name, counted.labels_name):
        made = counted.windows_over(counted.events_name) or counted.labels
        return windows_version(counted) if made else None
    return next((view.version for view in views_of(problem) if view.name == dataset), None)


def sources_of(problem: Problem, view: View) -> tuple[str, ...]:
    """The data sets that a view's rows come from."""
    if view.kind != "window":
        return (view.name,)
    counted = counted_in(problem, view)
    return (counted.events_name, *((counted.labels_name,) if counted.labels_name else ()))


def counted_in(problem: Problem, view: View) -> Problem:
    """The problem whose events a window's view counts."""
    return as_counted(problem, problem.counted_by(view.windows[0]))


def _absent(windows: Iterable[Window]) -> dict[str, float]:
    """What features are for a group without rows; of none to none there is no ratio."""
    found = dict[str, float]()
    for window in windows:
        value = without_rows(aggregate_of(window))
        if value is not None and not window.min_rows and not window.ratio_to:
            found |= dict.fromkeys(window.features, value)
    return found


def feast_project(online_prefix: str, problem: str) -> str:
    """Feast's project name, in which Feast wants no dashes."""
    return f"{online_prefix}_{problem}"


def online_table(online_prefix: str) -> str:
    """Name of the DynamoDB table with the online rows of all problems."""
    return f"{online_prefix}_features"


def row_prefix(problem: str, view: str, version: str) -> str:
    """What the ids of a view's rows begin with."""
    return f"{problem}.{view}@{version}#"
