"""Training sets: events with what could have been known at their time, joined point in time.

For training jobs. Everything follows from the run's plan and the lake parts that it names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ghosteam.data.declared import as_declared
from ghosteam.data.derive import KNOWN_AT, LAST_KNOWN, TARGET, WEIGHT
from ghosteam.documents.training_set_summary import TrainingSetSummary
from ghosteam.errors import InvalidInput
from ghosteam.features.as_of import as_of
from ghosteam.features.available import Availability, available_views
from ghosteam.features.current_events import (
    current_events,
    label_columns,
    outcome_columns,
)
from ghosteam.features.derived import with_derived
from ghosteam.features.made_views import current_facts, lookup_view, window_view
from ghosteam.features.room import Room
from ghosteam.features.view_rows import feature_column, filled, lookup_columns, with_periods
from ghosteam.features.views import counted_in, views_of
from ghosteam.problem.counted import as_counted
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.spec import EVENT_TIME, Problem

_CELLS_AT_ONCE = 100_000


@dataclass(frozen=True)
class SourceFrames:
    """All events (latest version of each) and the source rows of each view by its name."""

    events: pl.DataFrame
    views: Mapping[str, pl.LazyFrame]


def read_sources(
    problem: Problem,
    parts: Mapping[str, Sequence[str]],
    read: Callable[[str], pl.DataFrame],
    available: Availability | None = None,
    room: Room | None = None,
) -> SourceFrames:
    """Events and view rows from lake parts in landed order; ``read`` gets a part's key. There may
    be no facts yet, and no labels, where a missing outcome stands for one. ``available``: events
    see of views what could be read online at their time; without it what was known then. ``room``
    for the rows of views, which may be more than memory holds; it has to last as long as they do.

    Raises:
        InvalidInput: the plan names no part of a data set that features come from.
    """
    for name in (problem.events_name, *problem.joined_datasets):
        if not parts.get(name):
            raise InvalidInput(
                "There is no data to train on",
                where={"dataset": name},
                remedy=f"Drop files of {name!r}",
            )

    def read_as(
        dataset: Dataset, name: str | None, columns: Sequence[str]
    ) -> Iterator[pl.DataFrame]:
        return (as_declared(read(key), dataset, columns) for key in parts.get(name or "", ()))

    told = label_columns(problem)
    labels = read_as(problem.labels, problem.labels_name, told) if problem.labels else ()
    own = read_as(problem.events, problem.events_name, event_columns(problem))
    events = current_events(own, problem, labels)
    if available is not None:
        found = available_views(problem, parts, read, available)
        return SourceFrames(events, {name: rows.lazy() for name, rows in found.items()})
    room = room or Room()
    views, counted_rows = {}, {problem.events_name: events.lazy()}
    for name in problem.counted_facts:
        counted = as_counted(problem, name)
        facts = read_as(counted.events, name, outcome_columns(counted))
        counted_rows[name] = current_facts(facts, counted, room)
    for view in views_of(problem):
        if view.kind == "window":
            counted = counted_in(problem, view)
            current = counted_rows[counted.events_name]
            views[view.name] = window_view(current, counted, view, room)
        else:
            columns = lookup_columns(problem, view)
            rows = read_as(problem.datasets[view.name], view.name, columns)
            views[view.name] = lookup_view(rows, problem, view, room)
    return SourceFrames(events, views)


def event_columns(problem: Problem) -> list[str]:
    """What a training set reads of the events."""
    read = {*problem.request_columns, *outcome_columns(problem), problem.model.weight}
    return [column for column in problem.events.columns if column in read]


def join_features(
    events: pl.DataFrame, problem: Problem, views: Mapping[str, pl.DataFrame | pl.LazyFrame]
) -> pl.DataFrame:
    """Adds every joined and window feature as it was known at ``event_time``; where nothing was,
    what the view says: null, or 0 of no rows. Then what is derived of all. ``views``: those of
    :class:`SourceFrames`.
    """
    joined = with_periods(events, problem)
    for view in views_of(problem):
        features = list(view.features.values())
        joined = as_of(joined, views[view.name], keys=view.join_keys, values=features)
        if view.absent:
            # What a view says of no rows, it says of an event that has its keys.
            keyed = pl.all_horizontal(pl.col(list(view.join_keys)).is_not_null())
            joined = joined.with_columns(
                pl.when(keyed).then(one).otherwise(None).name.keep() for one in filled(view)
            )
    return with_derived(joined, problem)


def model_frame(joined: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """The columns of the training set: entity, id, ``event_time``, ``known_at``, ``target``,
    ``_last_known``, ``_weight`` where the problem has one, features. Events without a time have
    neither of the times, nor a last known outcome.

    A column that names the event and is a feature at once stands once, as the feature: text, or
    Float64.
    """
    features = {name: feature_column(joined, name).alias(name) for name in problem.feature_names}
    of_time, last_known = ((EVENT_TIME, KNOWN_AT), (LAST_KNOWN,)) if problem.timed else ((), ())
    context = {
        name: pl.col(name) for name in (*problem.naming_columns, *of_time, TARGET, *last_known)
    }
    if problem.model.weight:
        context[WEIGHT] = pl.col(problem.model.weight).cast(pl.Float64).alias(WEIGHT)
    return joined.select(*{**context, **features}.values())


def champion_features(
    holdout: pl.DataFrame,
    problem: Problem,
    champion: Problem,
    sources: SourceFrames,
) -> pl.DataFrame | None:
    """The features of the hold-out's events, in its order, as the champion learned them;
    ``sources`` are of its definition. None where its events are others.
    """
    identity = list(problem.event_id)
    schema = sources.events.schema
    if any(schema.get(name) != holdout.schema[name] for name in identity):
        return None
    events = holdout.select(identity).join(
        sources.events, on=identity, how="left", maintain_order="left", nulls_equal=True
    )
    joined = join_features(events, champion, sources.views)
    return joined.select(
        feature_column(joined, name).alias(name) for name in champion.feature_names
    )


def summary_of(
    train: pl.DataFrame, holdout: pl.DataFrame, *, problem: Problem
) -> TrainingSetSummary:
    """Rows, outcomes and a fingerprint of both frames' content, independent of file formats."""

    def described(frame: pl.DataFrame) -> dict[str, float]:
        return problem.kind.describe(frame[TARGET].to_numpy(), problem.target.classes)

    digest = hashlib.sha256()
    for frame in (train, holdout):
        for text in _as_csv(frame):
            digest.update(text.encode())
    return TrainingSetSummary(
        rows={"train": train.height, "holdout": holdout.height},
        outcomes={"train": described(train), "holdout": described(holdout)},
        fingerprint=digest.hexdigest(),
    )


def _as_csv(frame: pl.DataFrame) -> Iterator[str]:
    """The frame as one CSV text, a few rows at a time."""
    yield frame.clear().write_csv()
    for rows in frame.iter_slices(max(1, _CELLS_AT_ONCE // max(1, frame.width))):
        yield rows.write_csv(include_header=False)
