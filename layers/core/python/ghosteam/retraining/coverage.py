"""Rows by day of what counts, kept up to date batch by batch. Pure.

A batch adds its rows to the days that they lie on, and takes the same away when it ceases to count:
so the work follows its rows. A row counts in every batch that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import span_of
from ghosteam.documents.coverage import TIMELESS, DayRows, Days

_MOST_ASSUMED = 3_660


def exchanged(known: Days, old: Days, new: Days) -> dict[str, DayRows]:
    """``known`` with the rows ``new`` of a batch in place of its rows ``old``."""
    days = dict(known)
    for day, rows in old.items():
        left = _sum(days.get(day), rows, sign=-1)
        if left.rows > 0:
            days[day] = left
        else:
            days.pop(day, None)
    for day, rows in new.items():
        days[day] = _sum(days.get(day), rows)
    return days


def together(all_days: Iterable[Days]) -> dict[str, DayRows]:
    """The rows of several batches."""
    days: dict[str, DayRows] = {}
    for one in all_days:
        days = exchanged(days, {}, one)
    return days


def with_labelled(days: Days, labelled: Mapping[str, int]) -> dict[str, DayRows]:
    """The same rows, of which as many have an outcome as ``labelled`` says by day."""
    return {day: replace(rows, labelled=labelled.get(day, 0)) for day, rows in days.items()}


def assumed_days(batch: BatchRecord) -> dict[str, DayRows]:
    """Of a batch whose rows nobody counted: as if they lay evenly on the days that they span, or at
    both ends where these are more than ten years apart.
    """
    span = span_of(batch)
    if span is None:
        landed = datetime.fromisoformat(batch.source.landed_at)
        return {TIMELESS: DayRows(max(1, batch.valid_rows), 0, landed)}
    count = (span[1].date() - span[0].date()).days + 1
    numbers = range(count) if count <= _MOST_ASSUMED else (0, count - 1)
    dates = [span[0].date() + timedelta(days=number) for number in numbers]
    rows = max(1, batch.valid_rows // count)
    has_outcomes = batch.labelled_rows is None or batch.labelled_rows > 0
    labelled = max(1, (batch.labelled_rows or batch.valid_rows) // count) if has_outcomes else 0
    end = span[1]
    return {
        date.isoformat(): DayRows(
            rows,
            min(rows, labelled),
            min(end, datetime(date.year, date.month, date.day, 23, 59, 59, tzinfo=end.tzinfo)),
        )
        for date in dates
    }


def _sum(known: DayRows | None, rows: DayRows, *, sign: int = 1) -> DayRows:
    if known is None:
        known = DayRows(0, 0, rows.last)
    return DayRows(
        known.rows + sign * rows.rows,
        known.labelled + sign * rows.labelled,
        max(known.last, rows.last),
    )
