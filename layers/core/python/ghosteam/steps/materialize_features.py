"""Use case: bring the online store up to date after a batch was validated.

What is written follows from all batches that count now, not from the batch alone: delivering an
event twice, late or out of order leaves the same rows. An unchanged row is not written again.
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
    """Write the online rows that a validated batch changes, then publish FeaturesMaterialized.

    ``online`` is a boto3 DynamoDB client that may be used by several threads. A batch that counts
    no longer changes nothing; the event is published all the same, for whoever waits for this
    batch.

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
    if batch in active:
        replaced = [
            other
            for other in ledger.all(problem.problem, dataset)
            if other.status == "validated"
            and other.source.key == batch.source.key
            and other not in active
        ]
        for view, rows in _changed_rows(problem, [*replaced, batch], active, lake):
            table = online_table(online_prefix, problem.problem, view.name)
            done += write_online(online, table, _stored_rows(rows, view))
    ids: dict[str, str | int | float | bool | None] = {
        "dataset": dataset,
        "batch_id": batch_id,
        "rows_written": done.written,
    }
    bus.publish(Event("FeaturesMaterialized", problem.problem, ids))
    return done


def _changed_rows(
    problem: Problem, changed: Sequence[BatchRecord], active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame]]:
    """The rows, of each view, that may differ now that the last of ``changed`` counts and the
    others no longer do.
    """
    dataset = changed[-1].dataset
    if dataset == problem.events_name:
        yield from _changed_windows(problem, changed, active, lake)
    elif view := view_named(problem, dataset):
        spec = problem.datasets[dataset]
        wanted = {*view.keys, *spec.time_columns, *view.features}
        columns = [column for column in spec.columns if column in wanted]

        def rows_of(batches: Sequence[BatchRecord]) -> pl.DataFrame:
            parts = [
                (_read(lake, one, columns), datetime.fromisoformat(one.received_at))
                for one in batches
            ]
            return lookup_rows(parts, problem, view)

        touched = rows_of(changed)
        now = rows_of(
            [one for one in active if any(_may_share_keys(one, other, view) for other in changed)]
        )
        yield (
            view,
            _with_the_gone(now.join(touched, on=list(view.join_keys), how="semi"), touched, view),
        )


def _changed_windows(
    problem: Problem, changed: Sequence[BatchRecord], active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame]]:
    windows = {window.name: window for window in problem.features.windows}
    if not windows:
        return
    columns, entity = outcome_columns(problem), list(problem.entity_columns)
    before = [one for one in changed if one not in active]
    parts = {one.batch_id: _read(lake, one, columns) for one in (*before, *active)}
    events = current_events([parts[one.batch_id] for one in active], problem)
    # Every version of the events that the changed batches speak of: a corrected outcome may have
    # been known on another day.
    spoken_of = (
        pl.concat([parts[one.batch_id] for one in changed], how="vertical").select(entity).unique()
    )
    versions = [
        part.join(spoken_of, on=entity, how="semi", nulls_equal=True) for part in parts.values()
    ]
    touched = pl.concat(
        [current_events([version], problem) for version in versions], how="vertical"
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
            yield view, _with_the_gone(now, then, view)


def _with_the_gone(now: pl.DataFrame, then: pl.DataFrame, view: View) -> pl.DataFrame:
    """``now``, and for each key that only ``then`` has a row that says what the view does of an
    absent one: its data was replaced by a file without it.
    """
    gone = then.join(now, on=list(view.join_keys), how="anti")
    absent = [
        pl.lit(view.absent, dtype=now.schema[name]).alias(name) for name in view.features.values()
    ]
    return pl.concat([now, gone.with_columns(absent).select(now.columns)], how="vertical")


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
