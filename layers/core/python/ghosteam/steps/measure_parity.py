"""Use case: compare what was served, and what stands in the online store, with a training set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.data.declared import as_declared
from ghosteam.data.derive import with_event_time
from ghosteam.documents import keys
from ghosteam.documents.plan import Plan
from ghosteam.features.current_events import current_events, label_columns, named_events
from ghosteam.features.derived_parity import not_judged
from ghosteam.features.parity import MAX_EXAMPLES, Compared, Parity, differs
from ghosteam.features.training_set import event_columns
from ghosteam.features.view_rows import ALWAYS, lookup_rows, window_rows, with_periods
from ghosteam.features.views import View, counted_in, sources_of, views_of
from ghosteam.monitoring.log_frames import unnested
from ghosteam.monitoring.prediction_log import PredictionLog
from ghosteam.problem import definition
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.steps.online_features import read_online

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from ghosteam.aws.objects import Objects

Read = Callable[[str], pl.DataFrame]
SERVED_ROWS = 2_000
"""So many of the newest predictions are compared: what was repaired long ago judges nobody."""
STORED_ROWS = 500
MOMENTS = 50
"""Of so many states of the data what followed from them is computed again."""
_LATE_BATCH = timedelta(hours=1)
"""A batch that landed so long before the plan may not have been online when it was made."""
_STATE = "_state"


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
        then = _values_then(rows.with_row_index("_place").filter(wrong), view, problem, plan, read)
        for name in names:
            found = pl.DataFrame({"_place": pl.arange(rows.height, eager=True, dtype=pl.UInt32)})
            value = found.join(then, on="_place", how="left", maintain_order="left")
            same = ~differs(value.get_column(name), compared.online.get_column(name))
            known = value.get_column("_known").fill_null(False)
            # Null where it was not computed, though it is asked for: the row is not judged.
            late[name] = (same & known).set(wrong & ~known, None)
    return late


def _values_then(
    rows: pl.DataFrame, view: View, problem: Problem, plan: Plan, read: Read
) -> pl.DataFrame:
    """The view's values of then for rows (``_place``), with ``_known``, true. Rows of states of
    the data beyond ``MOMENTS``, those with the fewest rows, are left out.
    """
    sources = sources_of(problem, view)
    batches = [(dataset, at, key) for dataset in sources for at, key in _batches(plan, dataset)]
    times = sorted({at for _, at, _ in batches})
    marks = pl.Series("at", times, dtype=pl.Datetime("us", "UTC"))
    # How many of the times had come when a row was asked for: its state of the data.
    state = marks.search_sorted(rows.get_column("made_at"), side="right")
    rows = with_periods(rows, problem).with_columns(pl.Series(_STATE, state))
    counts = rows.get_column(_STATE).value_counts(sort=True).get_column(_STATE).to_list()
    wanted = rows.select(view.keys).drop_nulls().unique()
    parts = [
        (dataset, at, _relevant(read(key), dataset, view, problem, wanted))
        for dataset, at, key in batches
    ]
    found = []
    for number in counts[:MOMENTS]:
        come = set(times[:number])
        there = {
            dataset: [part for of, at, part in parts if of == dataset and at in come]
            for dataset in sources
        }
        asked = rows.filter(pl.col(_STATE) == number)
        found.append(_looked_up(asked, _rows_of(view, problem, there), view))
    return pl.concat(found, how="vertical_relaxed")


def _batches(plan: Plan, dataset: str) -> list[tuple[datetime, str]]:
    """When each part of the plan came online, in landed order; what is not on record always
    was.
    """
    known = plan.available_at
    return [
        (known.get(keys.batch_of_part(key), ALWAYS), key) for key in plan.parts.get(dataset, ())
    ]


def _relevant(
    part: pl.DataFrame, dataset: str, view: View, problem: Problem, wanted: pl.DataFrame
) -> pl.DataFrame:
    if dataset == problem.labels_name and problem.labels:
        return as_declared(part, problem.labels, label_columns(problem))
    if view.kind == "window":
        part = part.select(event_columns(counted_in(problem, view)))
    return part.join(wanted, on=list(view.keys), how="semi")


def _rows_of(
    view: View, problem: Problem, there: Mapping[str, Sequence[pl.DataFrame]]
) -> pl.DataFrame | None:
    """The view's rows from some parts, by data set; None where there is none."""
    parts = there[sources_of(problem, view)[0]]
    if not parts or all(part.is_empty() for part in parts):
        return None
    if view.kind == "window":
        counted = counted_in(problem, view)
        labels = there.get(counted.labels_name or "", ())
        return window_rows(current_events(parts, counted, labels), counted, view)
    return lookup_rows([(part, ALWAYS) for part in parts], problem, view)


def _looked_up(rows: pl.DataFrame, there: pl.DataFrame | None, view: View) -> pl.DataFrame:
    names = list(view.features.values())
    asked = rows.select("_place", *view.join_keys, pl.lit(True).alias("_known"))
    if there is None:
        empty = [pl.lit(view.absent, pl.Float64).alias(name) for name in names]
        return asked.with_columns(empty).select("_place", "_known", *names)
    found = asked.join(there.select(*view.join_keys, *names), on=list(view.join_keys), how="left")
    if view.absent is not None:
        found = found.with_columns(pl.col(names).fill_null(view.absent))
    return found.select("_place", "_known", *names)


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
    keys_of = list(view.keys)
    parts = [part.select(keys_of) for part in newer.get(sources_of(problem, view)[0], ())]
    if not parts:
        return pl.repeat(False, rows.height, eager=True)
    there = pl.concat(parts, how="vertical_relaxed").drop_nulls().unique()
    marked = rows.select(keys_of).join(
        there.with_columns(pl.lit(True).alias("_there")),
        on=keys_of,
        how="left",
        maintain_order="left",
    )
    return marked.get_column("_there").fill_null(False)


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
