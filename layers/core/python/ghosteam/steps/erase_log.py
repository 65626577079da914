"""Erase from the prediction log: its files, what was delivered, what was damaged, and the logs of
functions that printed it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import TypedDict

import polars as pl

from ghosteam.aws.errors import translated
from ghosteam.data.erase import Left, without_rows
from ghosteam.documents import keys
from ghosteam.documents.erasure import Removed
from ghosteam.monitoring.log_records import Records
from ghosteam.steps.erasing import Erasing
from ghosteam.steps.prediction_log import INBOX

_QUIET = timedelta(hours=1)
"""A stream that was written to within this is of a function that may go on writing to it."""


def erase_log(erasing: Erasing) -> None:
    """What is delivered and not compacted yet is left for the next pass."""
    erasing.tell("prediction log")
    lake = erasing.lake
    for prefix in (keys.predictions(erasing.name), keys.failed_calls(erasing.name)):
        erasing.clean(lake, prefix, "prediction log", clean=_file_of(erasing))
    for prefix in INBOX:
        _erase_delivered(erasing, prefix)
    erasing.clean(lake, keys.DAMAGED, "prediction log")
    _erase_printed(erasing)


def _file_of(erasing: Erasing) -> Callable[[str, bytes], Left]:
    def clean(key: str, body: bytes) -> Left:
        left = without_rows(key, body, erasing.subject)
        is_empty = left.rows and left.body and pl.read_parquet(BytesIO(left.body)).is_empty()
        return Left(left.rows, None) if is_empty else left

    return clean


def _erase_delivered(erasing: Erasing, prefix: str) -> None:
    """What was delivered is deleted when it was compacted, and the bucket keeps it for some days:
    these versions go as a whole.
    """
    for versions in erasing.lake.versions(prefix):
        for version in versions:
            records = Records()
            records.add(version.key, erasing.lake.read(version) or b"")
            rows = sum(_is_own(erasing, one.problem, one.event) for one in records.predictions)
            told = [*(one.error for one in records.calls), *(one.text for one in records.damaged)]
            rows += sum(erasing.subject.is_in_text(text) for text in told)
            if rows and version.latest:
                erasing.found.waiting.append(f"the log is not compacted yet: {version.key}")
            elif rows:
                erasing.drop(erasing.lake, version, "prediction log")


def _is_own(erasing: Erasing, problem: str, event: Mapping[str, object]) -> bool:
    return problem == erasing.name and erasing.subject.is_record(event)


def _erase_printed(erasing: Erasing) -> None:
    """CloudWatch takes away whole streams and no single event: those that hold a record of the
    entity go. Predictions of others in them are in the prediction log.
    """
    for group in erasing.log_groups:
        erasing.tell(f"log group {group}")
        streams = {
            event["logStreamName"]
            for event in _events(erasing, group)
            if _is_printed(erasing, event["message"])
        }
        for stream in sorted(streams):
            if _written(erasing, group, stream) > erasing.now - _QUIET:
                erasing.found.waiting.append(f"a log is still written to: {group} {stream}")
                continue
            erasing.found.removed["function logs"] += Removed(0, 1)
            if not erasing.dry_run:
                with translated("Deleting a stream of logs", group=group):
                    erasing.logs.delete_log_stream(logGroupName=group, logStreamName=stream)


class LogEvent(TypedDict):
    """Of CloudWatch Logs."""

    logStreamName: str
    message: str


def _events(erasing: Erasing, group: str) -> Iterator[LogEvent]:
    """Events of a group in which the entity's longest value stands as text."""
    longest = max(erasing.subject.values.values(), key=len).replace('"', "")
    with translated("Searching logs", group=group):
        pages = erasing.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=f'"{longest}"'
        )
        for page in pages:
            yield from page["events"]


def _is_printed(erasing: Erasing, message: str) -> bool:
    try:
        record = json.loads(message)
    except ValueError:
        return erasing.subject.is_in_text(message)
    if isinstance(record, dict) and erasing.subject.is_record(record):
        return bool(record.get("problem", erasing.name) == erasing.name)
    return erasing.subject.is_in_text(message)


def _written(erasing: Erasing, group: str, stream: str) -> datetime:
    """When a stream was last written to; long ago where nobody says."""
    with translated("Looking at a stream of logs", group=group):
        found = erasing.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)
    [one] = [one for one in found["logStreams"] if one["logStreamName"] == stream]
    last = max(one.get("lastIngestionTime", 0), one.get("lastEventTimestamp", 0))
    return datetime.fromtimestamp(last / 1000, erasing.now.tzinfo)
