"""Use case: bring the online store up to date after a batch was validated.

What is written follows from all batches that count now, not from the batch alone: delivering an event twice, late or out of
order leaves the same rows. An unchanged row is not written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import polars as pl

from ghosteam import layout
from ghosteam.aws.batches import BatchLedger, BatchRecord
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.errors import Defect
from ghosteam.features.codec import KeyValue, StoredRow
from ghosteam.features.online import Written, write_online
from ghosteam.features.sources import KNOWN_FROM, current_events, lookup_rows, outcome_columns, view_named, window_rows
from ghosteam.features.views import View, online_table
from ghosteam.features.windows import affected_buckets
from ghosteam.problem.spec import Problem
from ghosteam.runtime.events import Event


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

    ``online`` is a boto3 DynamoDB client that may be used by several threads. A batch that counts no longer changes nothing;
    the event is published all the same, for whoever waits for this batch.

    Raises:
        Defect: the ledger knows no such batch.
    """
    batch = ledger.find(problem.problem, dataset, batch_id)
    if batch is None:
        raise Defect("The ledger does not know this batch", where={"dataset": dataset, "batch_id": batch_id})
    active = ledger.active(problem.problem, dataset)
    done = Written()
    if batch in active:
        for view, rows in _changed_rows(problem, batch, active, lake):
            table = online_table(online_prefix, problem.problem, view.name)
            done += write_online(online, table, _stored_rows(rows, view))
    ids = {"dataset": dataset, "batch_id": batch_id, "rows_written": done.written}
    bus.publish(Event("FeaturesMaterialized", problem.problem, ids))
    return done


def _changed_rows(
    problem: Problem, batch: BatchRecord, active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame]]:
    """The source rows, of each view, that ``batch`` may have changed."""
    if batch.dataset == problem.events_name:
        yield from _changed_windows(problem, batch, active, lake)
    elif view := view_named(problem, batch.dataset):
        dataset = problem.datasets[batch.dataset]
        columns = [column for column in dataset.columns if column in {*view.keys, dataset.time, *view.features}]
        sharing = [other for other in active if _may_share_keys(other, batch)]
        parts = [(_read(lake, other, columns), datetime.fromisoformat(other.received_at)) for other in sharing]
        own = lookup_rows([parts[sharing.index(batch)]], problem, view)
        yield view, lookup_rows(parts, problem, view).join(own, on=list(view.join_keys), how="semi")


def _changed_windows(
    problem: Problem, batch: BatchRecord, active: Sequence[BatchRecord], lake: Objects
) -> Iterator[tuple[View, pl.DataFrame]]:
    if not problem.features.windows:
        return
    columns = outcome_columns(problem)
    parts = [_read(lake, other, columns) for other in active]
    own = current_events([parts[active.index(batch)]], problem)
    events = current_events(parts, problem)
    for window in problem.features.windows:
        view = view_named(problem, window.name)
        buckets = affected_buckets(own, window)
        if view and buckets:
            yield view, window_rows(events, problem, view, first=buckets[0], last=buckets[1])


def _may_share_keys(one: BatchRecord, other: BatchRecord) -> bool:
    """Whether two batches may hold rows of one key: always for static data, else when their times overlap or touch."""
    if None in (one.min_time, one.max_time, other.min_time, other.max_time):
        return True
    begin, end, other_begin, other_end = (
        datetime.fromisoformat(str(text)) for text in (one.min_time, one.max_time, other.min_time, other.max_time)
    )
    return begin <= other_end and other_begin <= end


def _read(lake: Objects, batch: BatchRecord, columns: Sequence[str]) -> pl.DataFrame:
    keys = [layout.validated_part(batch.problem, batch.dataset, batch.batch_id, part) for part in range(batch.parts)]
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda key: pl.read_parquet(BytesIO(lake.get(key)), columns=list(columns)), keys))
    return pl.concat(frames, how="vertical")


def _stored_rows(rows: pl.DataFrame, view: View) -> Iterator[tuple[dict[str, KeyValue], StoredRow]]:
    for row in rows.iter_rows(named=True):
        key = {name: row[name] for name in view.join_keys}
        yield key, StoredRow({name: row[name] for name in view.features.values()}, row[KNOWN_FROM].astimezone(UTC))
