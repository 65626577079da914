"""The prediction log as it lies in the lake, read for a window of events or of calls.

A window's read takes the files of its dates, and what was delivered and is not compacted yet; its
cost does not depend on how long the log is. What was delivered is listed first: it is deleted only
when its rows can be found in the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.documents import keys, state_keys
from ghosteam.documents.logged_prediction import LoggedPrediction
from ghosteam.documents.stored import part_of
from ghosteam.errors import NotFound
from ghosteam.monitoring.log_frames import (
    NESTED,
    OWN,
    Nested,
    calls_frame,
    predictions_frame,
)
from ghosteam.monitoring.log_records import Records
from ghosteam.monitoring.prediction_log import Gathered, PredictionLog, dates, happened
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import logger

if TYPE_CHECKING:
    from ghosteam.aws.objects import Objects, StoredObject
    from ghosteam.aws.state import StateTable

INBOX = (keys.DELIVERED, keys.UNDELIVERED, keys.DELIVERED_BEFORE)


def inbox(lake: Objects) -> Iterator[StoredObject]:
    """What was delivered and is not compacted yet."""
    for prefix in INBOX:
        yield from lake.list(prefix)


def read_events(
    lake: Objects,
    *,
    problem: Problem,
    begin: datetime,
    end: datetime,
    parts: Sequence[Nested] = NESTED,
) -> PredictionLog:
    """The predictions for events in ``[begin, end)`` (aware), whenever they were made, with the
    nested columns ``parts``; damage is logged.
    """
    found = Gathered(problem, tuple(parts), happened(begin, end))
    damaged = _add_delivered(lake, found)
    days = [day.isoformat() for day in dates(begin, end)]
    for item in _of_days(lake, keys.predictions(problem.problem), days):
        found.add(_read(lake, item.key, parts))
    return _told(found.log(damaged), problem)


def read_made(
    lake: Objects,
    state: StateTable,
    *,
    problem: Problem,
    since: datetime,
    until: datetime,
    parts: Sequence[Nested] = NESTED,
) -> PredictionLog:
    """The predictions made, and the calls that failed, in ``[since, until]`` (aware), whatever the
    time of their events.
    """
    name = problem.problem
    made = pl.col("made_at").is_between(since, until, closed="both")
    found = Gathered(problem, tuple(parts), made)
    damaged = _add_delivered(lake, found, calls=made)
    days = [day.isoformat() for day in (*dates(since, until), until.date())]
    for key in filter(lake.has, _files_made(state, name, days)):
        found.add(_read(lake, key, parts))
    for item in _of_days(lake, keys.failed_calls(name), days):
        frame = pl.read_parquet(BytesIO(lake.get(item.key)))
        found.add_calls(frame.filter(made))
    return _told(found.log(damaged), problem)


def find_prediction(
    lake: Objects,
    state: StateTable,
    *,
    problem: str,
    prediction_id: str,
    since: datetime,
    until: datetime,
) -> tuple[str, LoggedPrediction] | None:
    """One prediction among those made between the two times, with the key where it lies, or
    None.
    """
    for key, records in _delivered(lake):
        for record in records.predictions:
            named = (record.problem, record.prediction_id) == (problem, prediction_id)
            if named and since <= record.made_at <= until:
                return key, record
    days = [day.isoformat() for day in (*dates(since, until), until.date())]
    for key in filter(lake.has, _files_made(state, problem, days)):
        frame = pl.read_parquet(BytesIO(lake.get(key)))
        made = pl.col("made_at").is_between(since, until, closed="both")
        for row in frame.filter(made, pl.col("prediction_id") == prediction_id).to_dicts():
            # A row has the fields of all rows of its file: those that it lacked are null.
            nested: dict[str, dict[str, object]] = {
                part: {name: one for name, one in row[part].items() if one is not None}
                for part in ("event", "outputs")
                if part in row
            }
            known = {name: value for name, value in {**row, **nested}.items() if value is not None}
            return key, part_of(LoggedPrediction, {"problem": problem, **known}, what="prediction")
    return None


def _delivered(lake: Objects) -> Iterator[tuple[str, Records]]:
    for item in inbox(lake):
        try:
            body = lake.get(item.key)
        except NotFound:
            continue  # it has just been compacted, and is in the files that are listed later
        records = Records()
        records.add(item.key, body)
        yield item.key, records


def _add_delivered(
    lake: Objects, found: Gathered, *, calls: pl.Expr | None = None
) -> tuple[str, ...]:
    """Returns the places of what is damaged."""
    damaged: list[str] = []
    name = found.problem.problem
    for _, records in _delivered(lake):
        damaged += [one.place for one in records.damaged]
        if own := [record for record in records.predictions if record.problem == name]:
            found.add(predictions_frame(own))
        failed = [record for record in records.calls if record.problem == name]
        if failed and calls is not None:
            found.add_calls(calls_frame(failed).filter(calls))
    return tuple(damaged)


def _of_days(lake: Objects, prefix: str, days: Sequence[str]) -> Iterator[StoredObject]:
    """The objects of the dates, which ascend, by one listing."""
    if not days:
        return
    first, last = (keys.of_date(prefix, day) for day in (days[0], days[-1]))
    for item in lake.list(prefix, start_after=first):
        if item.key[: len(last)] > last:
            return
        yield item


def _files_made(state: StateTable, problem: str, days: Sequence[str]) -> Iterator[str]:
    """The files that hold what was made on these dates, each once; they are kept for fewer days
    than what is known of them.
    """
    found = {
        keys.predictions_of(problem, event_day, document.data.group)
        for day in days
        for document in state.list(problem, state_keys.compacted_groups(day))
        for event_day in document.data.days
    }
    yield from sorted(found)


def _read(lake: Objects, key: str, parts: Sequence[Nested]) -> pl.DataFrame:
    body = BytesIO(lake.get(key))
    there = set(pl.read_parquet_schema(body))
    body.seek(0)
    return pl.read_parquet(body, columns=[one for one in (*OWN, *parts) if one in there])


def _told(log: PredictionLog, problem: Problem) -> PredictionLog:
    if log.damaged:
        logger.warning(
            "prediction log is damaged",
            extra={"problem": problem.problem, "places": log.damaged[:20]},
        )
    if log.share < 1:
        logger.warning(
            "a share of the prediction log was read",
            extra={"problem": problem.problem, "share": log.share},
        )
    return log
