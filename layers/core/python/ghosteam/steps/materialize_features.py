"""Use case: bring the online store up to date after a batch began to count, or ceased to.

What is written follows from all batches that count now, and where follows from the rows of the
batch: those that its keys have now, and none where nothing is left. So delivering an event twice,
late or out of order leaves the same rows. An unchanged row is not written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import polars as pl

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import keys, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import Event
from ghosteam.errors import Defect
from ghosteam.features.codec import KeyValue, StoredRow
from ghosteam.features.current_events import (
    all_versions,
    current_events,
    current_labels,
    label_columns,
    named_events,
    outcome_columns,
)
from ghosteam.features.online import Written
from ghosteam.features.outcome_tally import tally
from ghosteam.features.view_rows import KNOWN_FROM, lookup_rows, view_named, window_rows
from ghosteam.features.views import View, online_table, views_of
from ghosteam.features.windows import affected_buckets
from ghosteam.problem.spec import Problem
from ghosteam.steps.joined_batches import forget_joined, joined_batches
from ghosteam.steps.online_features import write_online


def materialize_features(
    problem: Problem,
    dataset: str,
    batch_id: str,
    *,
    state: StateTable,
    lake: Objects,
    online: Any,
    online_prefix: str,
    bus: Bus,
) -> Written:
    """Write and delete the online rows that depend on a validated batch, then publish
    FeaturesMaterialized.

    ``online`` is a boto3 DynamoDB client that may be used by several threads. It does not matter
    whether the batch counts (now, or no longer): every batch that begins or ceases to count has an
    event of its own.

    Raises:
        Defect: the ledger knows no such batch.
    """
    batch = BatchLedger(state).find(problem.problem, dataset, batch_id)
    if batch is None:
        raise Defect(
            "The ledger does not know this batch", where={"dataset": dataset, "batch_id": batch_id}
        )
    done = Written()
    if dataset in (problem.events_name, problem.labels_name):
        done += _materialize_windows(problem, batch, state, lake, online, online_prefix)
    elif view := view_named(problem, dataset):
        active = BatchLedger(state).active(problem.problem, dataset)
        now, then = _lookup_rows(problem, batch, active, view, lake)
        done += _write(online, online_prefix, problem, view, now, then)
    ids: dict[str, str | int | float | bool | None] = {
        "dataset": dataset,
        "batch_id": batch_id,
        "rows_written": done.written,
    }
    bus.publish(Event("FeaturesMaterialized", problem.problem, ids))
    return done


def _write(
    online: Any,
    online_prefix: str,
    problem: Problem,
    view: View,
    now: pl.DataFrame,
    then: pl.DataFrame,
) -> Written:
    """Make a view's online rows ``now``; those whose keys only ``then`` has are gone."""
    gone = then.join(now, on=list(view.join_keys), how="anti").select(view.join_keys)
    return write_online(
        online,
        online_table(online_prefix, problem.problem, view.name),
        _stored_rows(now, view),
        gone=gone.iter_rows(named=True),
    )


def _lookup_rows(
    problem: Problem,
    batch: BatchRecord,
    active: Sequence[BatchRecord],
    view: View,
    lake: Objects,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The view's rows as they are now whose keys the batch speaks of, and rows with all those
    keys.
    """
    spec = problem.datasets[batch.dataset]
    wanted = {*view.keys, *spec.time_columns, *view.features}
    columns = [column for column in spec.columns if column in wanted]

    def rows_of(batches: Sequence[BatchRecord]) -> pl.DataFrame:
        parts = [
            (_read(lake, one, columns), datetime.fromisoformat(one.received_at)) for one in batches
        ]
        return lookup_rows(parts, problem, view)

    touched = rows_of([batch])
    near = [one for one in active if _may_share_keys(one, batch, view)]
    # Without any batch left there are no rows, of the same columns.
    now = rows_of(near) if near else touched.clear()
    return now.join(touched, on=list(view.join_keys), how="semi"), touched


def _materialize_windows(
    problem: Problem,
    batch: BatchRecord,
    state: StateTable,
    lake: Objects,
    online: Any,
    online_prefix: str,
) -> Written:
    """Windows over the events that the batch, of events or of labels, speaks of; and on record how
    far labels and events have met.
    """
    windows = {window.name: window for window in problem.features.windows}
    if not windows and problem.labels is None:
        return Written()
    columns = {problem.events_name: outcome_columns(problem)}
    if problem.labels_name:
        columns[problem.labels_name] = label_columns(problem)
    batches = {name: joined_batches(problem, name, batch, state) for name in columns}
    parts = {
        name: {one.batch_id: _read(lake, one, columns[name]) for one in found.all}
        for name, found in batches.items()
    }

    def frames(name: str | None, *, former: bool = False) -> list[pl.DataFrame]:
        if name is None:
            return []
        found = batches[name].all if former else batches[name].active
        return [parts[name][one.batch_id] for one in found]

    # Every version of these events: a corrected outcome may have been known on another day, or in
    # another group.
    own = parts[batch.dataset][batch.batch_id]
    touched = all_versions(
        frames(problem.events_name, former=True),
        frames(problem.labels_name, former=True),
        problem,
        named_events(own, problem, batch.dataset),
    )
    labels = frames(problem.labels_name)
    events = current_events(frames(problem.events_name), problem, labels)
    done = Written()
    for view in views_of(problem):
        buckets = affected_buckets(touched, windows[view.name]) if view.kind == "window" else None
        if buckets:
            of_groups = events.join(
                touched.select(view.keys).unique(), on=list(view.keys), how="semi"
            )
            now, then = (
                window_rows(rows, problem, view, first=buckets[0], last=buckets[1])
                for rows in (of_groups, touched)
            )
            done += _write(online, online_prefix, problem, view, now, then)
    if problem.labels is not None:
        met = tally(events, current_labels(labels, problem), problem)
        state.put(problem.problem, state_keys.OUTCOMES, met)
        forget_joined(problem, batch, batches[batch.dataset], state)
    return done


def _may_share_keys(one: BatchRecord, other: BatchRecord, view: View) -> bool:
    """Whether two batches may hold rows of one key: always for static data, else when their times
    come within a period.
    """
    times = (one.min_time, one.max_time, other.min_time, other.max_time)
    if view.every is None or None in times:
        return True
    begin, end, other_begin, other_end = (datetime.fromisoformat(str(time)) for time in times)
    return begin <= other_end + view.every.longest and other_begin <= end + view.every.longest


def _read(lake: Objects, batch: BatchRecord, columns: Sequence[str]) -> pl.DataFrame:
    parts = [
        keys.validated_part(batch.problem, batch.dataset, batch.batch_id, part)
        for part in range(batch.parts)
    ]
    with ThreadPoolExecutor(4) as pool:
        frames = list(
            pool.map(
                lambda key: pl.read_parquet(BytesIO(lake.get(key)), columns=list(columns)), parts
            )
        )
    return pl.concat(frames, how="vertical")


def _stored_rows(rows: pl.DataFrame, view: View) -> Iterator[tuple[dict[str, KeyValue], StoredRow]]:
    for row in rows.iter_rows(named=True):
        key = {name: row[name] for name in view.join_keys}
        yield (
            key,
            StoredRow(
                {name: row[name] for name in view.features.values()},
                row[KNOWN_FROM].astimezone(UTC),
            ),
        )
