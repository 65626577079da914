"""Use case: make of what Firehose delivered the files that the prediction log is read from.

A group of delivered objects is named in the state table before anything is written. Its files
follow from the group, so that a group that was begun and not ended is written again as it was. The
objects are deleted when all is written and counted; only then the next group begins. So each is
compacted once, wherever a turn is killed, however late it came: what lies there is what is to do.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.documents import keys, state_keys
from ghosteam.documents.compacted_group import CompactedGroup
from ghosteam.documents.failed_call import FailedCall
from ghosteam.documents.log_compaction import LogCompaction
from ghosteam.documents.logged_prediction import LoggedPrediction
from ghosteam.errors import Conflict, NotFound
from ghosteam.monitoring.log_frames import calls_frame, predictions_frame
from ghosteam.monitoring.log_records import Damaged, Records
from ghosteam.problem.spec import EVENT_TIME
from ghosteam.runtime.observability import count, logger
from ghosteam.steps.prediction_log import inbox

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects
    from ghosteam.aws.state import Document, StateTable

GROUP_OBJECTS = 500
GROUP_BYTES = 4_000_000
"""Of a group, compressed: its records have to fit into memory, at some fifty times that."""
MAX_GROUPS = 50
"""In a turn; what is left is for the next one."""
DAMAGED_METRIC = "DamagedLogRecords"


@dataclass(frozen=True)
class Compacted:
    """What a turn did; ``damaged`` lines or objects were set aside."""

    groups: int
    predictions: int
    calls: int
    damaged: int
    left: int


def compact_log(
    lake: Objects, state: StateTable, *, now: datetime, max_groups: int = MAX_GROUPS
) -> Compacted:
    """Compact what was delivered, the oldest first.

    Raises:
        Conflict: another turn is at work on the same group.
    """
    done = Compacted(0, 0, 0, 0, 0)
    document = _document(state)
    for _ in range(max_groups):
        if not document.data.inputs:
            group = _next_group(lake)
            if not group:
                break
            document = _replace(state, document, inputs=group, written=False)
        document, found = _finish(lake, state, document)
        done = Compacted(
            done.groups + 1,
            done.predictions + len(found.predictions),
            done.calls + len(found.calls),
            done.damaged + len(found.damaged),
            0,
        )
    left = sum(1 for _ in islice(inbox(lake), GROUP_OBJECTS))
    _replace(state, document, finished_at=now, left=left)
    count(DAMAGED_METRIC, done.damaged)
    return replace(done, left=left)


def _document(state: StateTable) -> Document[LogCompaction]:
    found = state.get(state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION)
    if found:
        return found
    return state.create(state_keys.EVERY_PROBLEM, state_keys.LOG_COMPACTION, LogCompaction())


def _replace(
    state: StateTable, document: Document[LogCompaction], **changes: object
) -> Document[LogCompaction]:
    changed = replace(document.data, **changes)  # type: ignore[arg-type]
    return state.replace(state_keys.EVERY_PROBLEM, document, changed)


def _next_group(lake: Objects) -> tuple[str, ...]:
    """The oldest delivered objects, as many as fit; at least one where there is any."""
    group: list[str] = []
    size = 0
    for item in islice(inbox(lake), GROUP_OBJECTS):
        size += item.size
        if group and size > GROUP_BYTES:
            break
        group.append(item.key)
    return tuple(group)


def _finish(
    lake: Objects, state: StateTable, document: Document[LogCompaction]
) -> tuple[Document[LogCompaction], Records]:
    """Write the group that is begun, unless it is written, and delete its objects."""
    records = Records()
    if not document.data.written:
        records = _read(lake, state, document)
        _write(lake, state, records, group_of(document.data.inputs))
        damaged = document.data.damaged + len(records.damaged)
        document = _replace(state, document, written=True, damaged=damaged)
    for key in document.data.inputs:
        lake.delete(key)
    return _replace(state, document, inputs=(), written=False), records


def group_of(inputs: Sequence[str]) -> str:
    """The name of a group of delivered objects, by which its files are called."""
    return hashlib.blake2b("\n".join(inputs).encode(), digest_size=12).hexdigest()


def _read(lake: Objects, state: StateTable, document: Document[LogCompaction]) -> Records:
    records = Records()
    for key in document.data.inputs:
        try:
            body = lake.get(key)
        except NotFound:
            # Nobody deletes before the group is written: then another turn has written it, or a
            # person has deleted the object.
            if _document(state).version != document.version:
                raise Conflict(
                    "Another turn compacts the prediction log", remedy="Leave it to that one"
                ) from None
            logger.warning("a delivered object is gone", extra={"key": key})
            continue
        records.add(key, body)
        if key in records.unreadable:
            lake.put(keys.damaged_object(key), body)
    return records


def _write(lake: Objects, state: StateTable, records: Records, group: str) -> None:
    by_problem: dict[str, list[LoggedPrediction]] = {}
    for record in records.predictions:
        by_problem.setdefault(record.problem, []).append(record)
    for problem, own in by_problem.items():
        _write_predictions(lake, state, problem, own, group)
    calls: dict[tuple[str, str], list[FailedCall]] = {}
    for call in records.calls:
        calls.setdefault((call.problem, call.made_at.date().isoformat()), []).append(call)
    for (problem, day), failed in calls.items():
        key = keys.failed_calls_of(problem, day, group)
        lake.put(key, _parquet(calls_frame(failed)))
    if records.damaged:
        lake.put(keys.damaged_records(group), _json_lines(records.damaged))


def _write_predictions(
    lake: Objects, state: StateTable, problem: str, records: Sequence[LoggedPrediction], group: str
) -> None:
    hours: dict[datetime, Counter[str]] = {}
    by_day: dict[str, list[LoggedPrediction]] = {}
    for record in {one.prediction_id: one for one in reversed(records)}.values():
        day = record.event_time.date().isoformat()
        by_day.setdefault(day, []).append(record)
        hour = record.made_at.replace(minute=0, second=0, microsecond=0)
        hours.setdefault(hour, Counter())[day] += 1
    for day, own in sorted(by_day.items()):
        frame = predictions_frame(own).sort(EVENT_TIME, "prediction_id")
        lake.put(keys.predictions_of(problem, day, group), _parquet(frame))
    for hour, days in hours.items():
        document = CompactedGroup(hour=hour, group=group, days=dict(sorted(days.items())))
        state.put(problem, state_keys.compacted_group(hour, group), document)


def _parquet(frame: pl.DataFrame) -> bytes:
    body = BytesIO()
    frame.write_parquet(body)
    return body.getvalue()


def _json_lines(damaged: Sequence[Damaged]) -> bytes:
    told: list[Mapping[str, str]] = [
        {"place": one.place, "why": one.why, "text": one.text} for one in damaged
    ]
    return "".join(json.dumps(one) + "\n" for one in told).encode()
