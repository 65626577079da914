"""Use case: compare what was served, and what stands in the online store, with a training set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.data.declared import as_declared
from ghosteam.data.derive import with_event_time
from ghosteam.documents import keys
from ghosteam.documents.parity import Parity
from ghosteam.documents.plan import Plan
from ghosteam.features.current_events import label_columns, named_events
from ghosteam.features.derived_parity import not_judged
from ghosteam.features.parity import MAX_EXAMPLES, Compared, differs
from ghosteam.features.training_set import event_columns
from ghosteam.features.values_then import Read, values_then
from ghosteam.features.view_rows import (
    key_columns,
)
from ghosteam.features.views import View, sources_of, view_of, views_of
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.prediction_log import PredictionLog
from ghosteam.problem import definition
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.online_features import read_online

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ghosteam.aws.objects import Objects

SERVED_ROWS = 2_000
"""So many of the newest predictions are compared: what was repaired long ago judges nobody."""
STORED_ROWS = 500
_LATE_BATCH = timedelta(hours=1)
"""A batch that landed so long before the plan may not have been online when it was made."""


def served_parity(
    log: PredictionLog, trained: pl.DataFrame, problem: Problem, plan: Plan, read: Read
) -> Parity:
    """The first prediction of each event of ``trained``, a frame with all features, against it."""
    rows = _first_served(log, trained, problem)
    if rows.is_empty():
        return Parity()
    online = unnested(rows, "features")
    names = [name for name in problem.logged_features if name in online.columns]
    sides = trained[rows.get_column("_row").to_list()], online.select(names)
    fresh = unnested(rows, "freshness_seconds")
    views = {name: view for view in views_of(problem) for name in view.features.values()}
    compared = Compared(
        sides[0].select(names),
        sides[1],
        no_row={
            name: fresh.get_column(view.name).is_null()
            for name, view in views.items()
            if name in names and view.name in fresh.columns
        },
        skip={name: rows.get_column("unlogged").list.contains(name) for name in names},
    )
    keys_of = dict.fromkeys(key for view in views_of(problem) for key in view.keys)
    asked = sides[0].select(EVENT_TIME, *keys_of).with_columns(rows.get_column("made_at"))
    compared = replace(compared, late=_late(compared, asked, problem, plan, read))
    learned = plan.champion_definition
    champion = None if learned is None else definition.read(learned)
    derived = not_judged(compared, problem, champion)
    compared = replace(compared, skip={**compared.skip, **derived})
    return Parity(
        served={name: compared.counted(name) for name in names},
        served_rows=rows.height,
        examples=tuple(islice(compared.examples(problem.event_id, sides[0]), MAX_EXAMPLES)),
    )


def _first_served(log: PredictionLog, trained: pl.DataFrame, problem: Problem) -> pl.DataFrame:
    """The newest of the events' first predictions, with ``_row``, the event's place in
    ``trained``.
    """
    identity = list(problem.event_id)
    event = unnested(log.predictions, "event")
    served = log.predictions.drop("event").hstack(
        event.rename({name: f"event:{name}" for name in event.columns})
    )
    left = [name if name == EVENT_TIME else f"event:{name}" for name in identity]
    places = trained.select(identity).with_row_index("_row")
    return (
        served.sort("made_at", "prediction_id")
        .join(places, left_on=left, right_on=identity, how="inner")
        .unique("_row", keep="first", maintain_order=True)
        .tail(SERVED_ROWS)
    )


def _late(
    compared: Compared, rows: pl.DataFrame, problem: Problem, plan: Plan, read: Read
) -> dict[str, pl.Series]:
    """By feature: where the value is what followed from the batches that were online when it was
    asked. ``rows``: ``made_at``, and the events' time and keys.
    """
    late = {}
    for view in views_of(problem):
        names = [name for name in view.features.values() if name in compared.online.columns]
        wrong = pl.Series("wrong", [False] * rows.height)
        for name in names:
            faults = compared.faults(name)
            wrong |= (faults == "different").fill_null(False)
        if not wrong.any():
            continue
        then = values_then(rows.with_row_index("_place").filter(wrong), view, problem, plan, read)
        for name in names:
            found = pl.DataFrame({"_place": pl.arange(rows.height, eager=True, dtype=pl.UInt32)})
            value = found.join(then, on="_place", how="left", maintain_order="left")
            same = ~differs(value.get_column(name), compared.online.get_column(name))
            known = value.get_column("_known").fill_null(False)
            # Null where it was not computed, though it is asked for: the row is not judged.
            late[name] = (same & known).set(wrong & ~known, None)
    return late


def stored_parity(
    client: DynamoDBClient,
    holdout: pl.DataFrame,
    problem: Problem,
    plan: Plan,
    *,
    newer: Mapping[str, Sequence[pl.DataFrame]],
) -> Parity:
    """Evenly spaced hold-out rows against the online store. Where they differ and a part that is
    ``newer`` than the plan, by data set, has the view's key, the row is not judged.
    """
    rows = holdout.gather_every(max(1, holdout.height // STORED_ROWS)).head(STORED_ROWS)
    asked = rows.to_dicts()
    found = read_online(
        client, problem, plan.online_prefix, asked, [row[EVENT_TIME] for row in asked]
    )
    views = {name: view for view in views_of(problem) for name in view.features.values()}
    names = list(views)
    if not names:
        return Parity()
    columns = {name: [one.features[name] for one in found] for name in names}
    trained = rows.select(names)
    online = pl.DataFrame(columns, schema=dict(trained.schema), strict=False)
    no_row = {
        name: pl.Series([one.freshness_seconds[view.name] is None for one in found])
        for name, view in views.items()
    }
    moved = {name: _touched(rows, view, problem, newer) for name, view in views.items()}
    wrong = {name: differs(trained[name], online[name]) for name in names}
    compared = Compared(
        trained, online, no_row, skip={name: moved[name] & wrong[name] for name in names}
    )
    return Parity(
        stored={name: compared.counted(name) for name in names},
        newer=sum(int((moved[name] & wrong[name]).sum()) for name in names),
        examples=tuple(islice(compared.examples(problem.event_id, rows), MAX_EXAMPLES)),
    )


def _touched(
    rows: pl.DataFrame, view: View, problem: Problem, newer: Mapping[str, Sequence[pl.DataFrame]]
) -> pl.Series:
    """Where newer parts have the view's key, or that of a view by which it is found."""
    keys_of, moved = list(view.keys), pl.repeat(False, rows.height, eager=True)
    for step in view.through.values():
        other = view_of(problem, step)
        moved |= _touched(rows, other, problem, newer)
    parts = [
        part.select(key_columns(part, view)) for part in newer.get(sources_of(problem, view)[0], ())
    ]
    if not parts:
        return moved
    typed = [pl.col(key).cast(rows.schema[key]) for key in keys_of]
    there = pl.concat(parts, how="vertical_relaxed").select(typed).drop_nulls().unique()
    marked = rows.select(keys_of).join(
        there.with_columns(pl.lit(True).alias("_there")),
        on=keys_of,
        how="left",
        maintain_order="left",
    )
    return moved | marked.get_column("_there").fill_null(False)


def newer_parts(
    lake: Objects, problem: Problem, plan: Plan, *, planned_at: datetime, read: Read
) -> dict[str, list[pl.DataFrame]]:
    """Validated parts, by data set, that the plan does not name and that may have come online since
    it was made; of labels the events of the plan that they are about.
    """
    since = planned_at.astimezone(UTC) - _LATE_BATCH
    found = {
        dataset: [
            read(item.key)
            for item in lake.list(keys.validated(problem.problem, dataset))
            if item.modified >= since and item.key not in named
        ]
        for dataset, named in plan.parts.items()
    }
    for labels in found.pop(problem.labels_name or "", []):
        assert problem.labels is not None
        told = as_declared(labels, problem.labels, label_columns(problem))
        about = named_events(told, problem, str(problem.labels_name))
        for key in plan.parts[problem.events_name]:
            events = with_event_time(read(key).select(event_columns(problem)), problem)
            found[problem.events_name].append(
                events.join(about, on=list(problem.event_id), how="semi")
            )
    return found
