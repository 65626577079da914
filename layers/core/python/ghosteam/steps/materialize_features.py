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
from ghosteam.documents import keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.event import Event
from ghosteam.errors import Defect
from ghosteam.features.codec import KeyValue, StoredRow
from ghosteam.features.online import Written
from ghosteam.features.view_rows import (
    KNOWN_FROM,
    current_events,
    lookup_rows,
    outcome_columns,
    view_named,
    window_rows,
)
from ghosteam.features.views import View, online_table, views_of
from ghosteam.features.windows import affected_buckets
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import write_online


def materialize_features(
    problem: Problem,
    dataset: str,
    batch_id: str,
    *,
    ledger: BatchLedger,
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
    batch = ledger.find(problem.problem, dataset, batch_id)
    if batch is None:
        raise Defect(
            "The ledger does not know this batch", where={"dataset": dataset, "batch_id": batch_id}
        )
    active = ledger.active(problem.problem, dataset)
    done = Written()
    for view, now, then in _rows(problem, batch, active, lake):
        gone = then.join(now, on=list(view.join_keys), how="anti").select(view.join_keys)
        done += write_online(
            online,
            online_table(online_prefix, problem.problem, view.name),
            _stored_rows(now, view),
            gone=gone.iter_rows(named=True),
        )
    ids: dict[str, str | int | float | bool | None] = {
        "dataset": dataset,
        "batch_id": batch_id,
        "rows_written": done.written,
    }
    bus.publish(Event("FeaturesMaterialized", problem.problem, ids))
    return done


def _rows(
    problem: Problem, batch: BatchRecord, active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame, pl.DataFrame]]:
    """For each view the rows as they are now whose keys the batch speaks of, and rows with all
    those keys.
    """
    if batch.dataset == problem.events_name:
        yield from _window_rows(problem, batch, active, lake)
    elif view := view_named(problem, batch.dataset):
        spec = problem.datasets[batch.dataset]
        wanted = {*view.keys, *spec.time_columns, *view.features}
        columns = [column for column in spec.columns if column in wanted]

        def rows_of(batches: Sequence[BatchRecord]) -> pl.DataFrame:
            parts = [
                (_read(lake, one, columns), datetime.fromisoformat(one.received_at))
                for one in batches
            ]
            return lookup_rows(parts, problem, view)

        touched = rows_of([batch])
        near = [one for one in active if _may_share_keys(one, batch, view)]
        # Without any batch left there are no rows, of the same columns.
        now = rows_of(near) if near else touched.clear()
        yield view, now.join(touched, on=list(view.join_keys), how="semi"), touched


def _window_rows(
    problem: Problem, batch: BatchRecord, active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame, pl.DataFrame]]:
    windows = {window.name: window for window in problem.features.windows}
    if not windows:
        return
    columns, identity = outcome_columns(problem), list(problem.event_id)
    parts = {one.batch_id: _read(lake, one, columns) for one in (batch, *active)}
    own = parts[batch.batch_id]
    events = current_events([own.clear(), *(parts[one.batch_id] for one in active)], problem)
    # Every version of the events that the batch speaks of: a corrected outcome may have been known
    # on another day, or in another group.
    spoken_of = current_events([own], problem).select(identity)
    touched = pl.concat(
        [
            current_events([part], problem).join(
                spoken_of, on=identity, how="semi", nulls_equal=True
            )
            for part in parts.values()
        ],
        how="vertical",
    )
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
            yield view, now, then


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
