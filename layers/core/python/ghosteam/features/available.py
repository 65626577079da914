"""What could be read online at the time of each event: the rows of views by the second of the two
clocks, for problems that are trained by it (``features.clock: available_at``).

A view's rows get a time each from which on they were what reading gave, so that a point-in-time
join finds for an event what a request of then would have found. Data that became available later
than the event are not seen; neither is what has been taken back since. What is not on record was
always available, and is seen from when it was known on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import polars as pl

from ghosteam.data.declared import as_declared, no_rows
from ghosteam.data.derive import TIME, states_outcome, with_event_time, with_outcome
from ghosteam.documents import keys
from ghosteam.features.current_events import label_columns, label_rows, outcome_columns
from ghosteam.features.view_rows import (
    ALWAYS,
    KNOWN_FROM,
    MOMENT,
    PART,
    lookup_columns,
    lookup_part,
    rows_of_window,
)
from ghosteam.features.views import View, views_of, window_views
from ghosteam.features.window_states import SINCE, UNTIL, shared_states, window_states
from ghosteam.problem.counted import all_counted
from ghosteam.problem.spec import Problem

_REPLACED, _RANK, _EVENT, _LABEL = "_replaced", "_rank", "_event", "_label"
_NONE = -1


@dataclass(frozen=True)
class Availability:
    """``at``: since when a batch, ``<data set>/<batch id>``, could be read online; ``history``:
    lake keys a data set, in landed order, of the parts that count and of those that counted in
    their place before. See :class:`ghosteam.documents.plan.Plan`.
    """

    at: Mapping[str, datetime]
    history: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def of(self, part: str) -> datetime:
        """Since when the rows of a part could be read; what is not on record always could."""
        return self.at.get(keys.batch_of_part(part), ALWAYS)


class Landed(NamedTuple):
    """Rows that could be read ``since`` then; ``replaced``: others have taken their place."""

    rows: pl.DataFrame
    since: datetime
    replaced: bool = False


def available_views(
    problem: Problem,
    parts: Mapping[str, Sequence[str]],
    read: Callable[[str], pl.DataFrame],
    available: Availability,
) -> dict[str, pl.DataFrame]:
    """The source frame of each view, by its name; ``parts`` and ``read`` as in
    :func:`~ghosteam.features.training_set.read_sources`.
    """

    def landed(dataset: str, columns: Iterable[str]) -> Iterator[Landed]:
        count, wanted = set(parts.get(dataset, ())), list(columns)
        for key in available.history.get(dataset) or parts.get(dataset, ()):
            rows = as_declared(read(key), problem.datasets[dataset], wanted)
            yield Landed(rows, available.of(key), key not in count)

    found = {
        view.name: lookup_states(
            list(landed(view.name, lookup_columns(problem, view))), problem, view
        )
        for view in views_of(problem)
        if view.kind != "window"
    }
    for counted in all_counted(problem):
        windows = list(window_views(counted))
        if not windows:
            continue
        events = event_states(
            landed(counted.events_name, outcome_columns(counted)),
            counted,
            landed(counted.labels_name, label_columns(counted)) if counted.labels_name else (),
        )
        for view in windows:
            states = [
                window_states(rows_of_window(events, counted, window), window, view)
                for window in view.windows
            ]
            found[view.name] = shared_states(states, view)
    return found


def lookup_states(parts: Sequence[Landed], problem: Problem, view: View) -> pl.DataFrame:
    """Source frame of a looked-up data set, with a row for each change of what was found for a key
    (and period); ``parts`` are in landed order.

    Of the rows that were available the newest counts, as in
    :func:`~ghosteam.features.view_rows.newest_lookups`.
    """
    dataset, identity = problem.datasets[view.name], list(view.join_keys)
    frames = [
        lookup_part(one.rows, ALWAYS, order, dataset, view).with_columns(
            pl.lit(one.since, TIME).alias(SINCE), pl.lit(one.replaced).alias(_REPLACED)
        )
        for order, one in enumerate(parts)
    ]
    rows = pl.concat(frames, how="vertical").drop_nulls(identity)
    ordered = rows.sort(*([MOMENT] if dataset.time else []), PART, maintain_order=True)
    seen = ordered.with_columns(pl.max_horizontal(KNOWN_FROM, SINCE).alias(SINCE))
    states = _taken_over(seen, identity)
    features = list(view.features.values())
    first = states.unique(identity, keep="first", maintain_order=True)
    # From when an event may look for it until it came there was nothing.
    nothing = first.filter(pl.col(SINCE) > pl.col(KNOWN_FROM)).with_columns(
        pl.col(KNOWN_FROM).alias(SINCE), *(pl.lit(None).alias(name) for name in features)
    )
    return (
        pl.concat([nothing, states], how="vertical_relaxed")
        .select(*identity, *features, pl.col(SINCE).alias(KNOWN_FROM))
        .sort(*identity, KNOWN_FROM)
    )


def event_states(
    parts: Iterable[Landed], problem: Problem, labels: Iterable[Landed] = ()
) -> pl.DataFrame:
    """Events as :func:`~ghosteam.features.current_events.current_events` has them, with a row for
    each time from which on another row or label of them counted: ``SINCE``, and ``UNTIL`` when it
    ceased to (null where it did not). ``parts`` and ``labels`` are in landed order.
    """
    identity = list(problem.event_id)
    none = Landed(no_rows(problem.events, outcome_columns(problem)), ALWAYS)
    frames = [_marked(one.rows, one) for one in (none, *parts)]
    rows = _taken_over(with_event_time(pl.concat(frames, how="vertical"), problem), identity)
    if problem.labels is None:
        states = rows
    else:
        told = [_marked(label_rows([one.rows], problem), one) for one in labels]
        empty = _marked(label_rows([], problem), Landed(rows, ALWAYS))
        newest = _taken_over(pl.concat([empty, *told], how="vertical"), identity)
        states = _labelled(rows, newest, problem)
    until = pl.col(SINCE).shift(-1).over(identity, order_by=SINCE).alias(UNTIL)
    return with_outcome(states.with_columns(until), problem)


def _labelled(rows: pl.DataFrame, labels: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """The changes of both: at each of its times an event has its row and its label of then."""
    identity = list(problem.event_id)
    stated = pl.when(states_outcome(problem)).then(pl.col(_LABEL)).otherwise(_NONE)
    rows = rows.with_row_index(_EVENT).with_columns(pl.col(_EVENT).cast(pl.Int64))
    labels = (
        labels.with_row_index(_LABEL)
        .with_columns(pl.col(_LABEL).cast(pl.Int64))
        .with_columns(stated.alias(_LABEL))
    )
    both: dict[str, pl.Expr] = {name: pl.col(name) for name in (*identity, SINCE)}
    changes = pl.concat(
        [rows.select(*both.values(), _EVENT), labels.select(*both.values(), _LABEL)],
        how="diagonal",
    )
    return (
        changes.group_by(*both)
        .agg(pl.col(_EVENT, _LABEL).drop_nulls().first())
        .sort(SINCE)
        .with_columns(pl.col(_EVENT, _LABEL).forward_fill().over(identity))
        .drop_nulls(_EVENT)
        .select(_EVENT, _LABEL, SINCE)
        .join(rows.drop(SINCE), on=_EVENT, how="left")
        .join(labels.drop(SINCE, *identity), on=_LABEL, how="left")
        .drop(_EVENT, _LABEL)
    )


def _taken_over(rows: pl.DataFrame, identity: Sequence[str]) -> pl.DataFrame:
    """Of ``rows``, of which the later counts, those that took over from others of their identity
    when they became available, ``SINCE``, in the order of these times. What was replaced counts
    for identities alone that are still there: what was taken out is seen by nobody.
    """
    on = list(identity)
    there = rows.filter(~pl.col(_REPLACED)).select(on).unique()
    return (
        rows.with_row_index(_RANK)
        .join(there, on=on, how="semi", nulls_equal=True)
        .sort(SINCE, _RANK)
        .filter(pl.col(_RANK) == pl.col(_RANK).cum_max().over(on))
        .unique([*on, SINCE], keep="last", maintain_order=True)
        .drop(_RANK, _REPLACED)
    )


def _marked(rows: pl.DataFrame, of: Landed) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(of.since, TIME).alias(SINCE), pl.lit(of.replaced).alias(_REPLACED)
    )
