"""Apply a data set's contract to the rows of a batch: each row is either good or quarantined with
all its reasons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import polars as pl

from ghosteam.data.contracts import Contract, failures
from ghosteam.data.convert import wall_clock_fault
from ghosteam.data.frames import EXTRA, MALFORMED, ROW, UNCASTABLE
from ghosteam.data.outcome_faults import outcome_faults
from ghosteam.data.quarantine import READABLE, QuarantinedRow, Reason
from ghosteam.data.row_times import parts_of_time, row_times, without_time
from ghosteam.data.text_limits import too_long
from ghosteam.data.time_limits import day_outside_bounds, outside_bounds, years_exceeded
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class CheckedPart:
    """``good``: ``_row`` and the declared columns of the rows that satisfy the contract."""

    good: pl.DataFrame
    bad: tuple[QuarantinedRow, ...]


def check_part(
    raw: pl.DataFrame,
    problem: Problem,
    dataset_name: str,
    contracts: Sequence[Contract],
    *,
    landed: datetime | None = None,
) -> CheckedPart:
    """Check the rows of a converted part (see :func:`ghosteam.data.convert.convert`), without
    looking at other rows. ``landed``: when their file did (aware), where they are in one.
    """
    dataset = problem.datasets[dataset_name]
    declared = raw.select(list(dataset.columns))
    reasons: dict[int, list[Reason]] = {}
    for index in raw[MALFORMED].is_not_null().arg_true():
        fault = json.loads(raw[MALFORMED][index])
        reasons[index] = [Reason(None, READABLE, fault["text"], f"{fault['reason']}: fix the line")]
    malformed = set(reasons)
    uncastable = {
        index: json.loads(raw[UNCASTABLE][index])
        for index in raw[UNCASTABLE].is_not_null().arg_true()
    }
    for index, cells in uncastable.items():
        reasons.setdefault(index, []).extend(
            _type_reason(name, text, dataset) for name, text in cells.items()
        )
    for failure in failures(declared, contracts):
        index, column = failure.index, failure.column
        if index in malformed or column in uncastable.get(index, {}):
            continue
        value = None if column is None else _plain(declared[column][index])
        reason = Reason(column, failure.rule, value, failure.remedy)
        if reason not in reasons.setdefault(index, []):  # a contract may repeat what the YAML says
            reasons[index].append(reason)
    limited = chain(
        too_long(declared, problem, dataset_name),
        outside_bounds(declared, dataset_name, problem, landed),
    )
    for index, reason in limited:
        reasons.setdefault(index, []).append(reason)
    times = row_times(declared, problem, dataset_name)
    if times is not None:
        if made_of := parts_of_time(problem, dataset_name):
            for index, reason in day_outside_bounds(times, dataset.columns, made_of, landed):
                reasons.setdefault(index, []).append(reason)
        for index, reason in without_time(declared, times, problem, dataset_name):
            reasons.setdefault(index, [reason])  # with others, they say why it has none
        for index, reason in years_exceeded(times, "a time"):
            reasons.setdefault(index, []).append(reason)
    for index, reason in outcome_faults(declared, problem, dataset_name):
        if index not in malformed:
            reasons.setdefault(index, []).append(reason)
    bad = tuple(
        QuarantinedRow(
            raw[ROW][index], _original(raw, index, dataset, uncastable.get(index, {})), tuple(found)
        )
        for index, found in sorted(reasons.items())
    )
    keep = pl.repeat(True, raw.height, dtype=pl.Boolean, eager=True).scatter([*reasons], False)
    return CheckedPart(raw.select(ROW, *dataset.columns).filter(keep), bad)


def _type_reason(name: str, text: str, dataset: Dataset) -> Reason:
    column = dataset.columns[name]
    rule, remedy = f"type {column.type}", f"Write {_A[column.type]}"
    if column.type == "timestamp":
        if wall_clock := wall_clock_fault(text, column):
            rule, remedy = wall_clock, "Write its offset, as in 2013-01-31T13:05:00-05:00"
        elif column.format:
            remedy = f"Write it as {column.format}, or as ISO-8601: 2013-01-31T13:05:00Z"
        elif column.unit:
            remedy = f"Write {column.unit} since 1970, or ISO-8601: 2013-01-31T13:05:00Z"
        else:
            remedy = (
                "Write it as ISO-8601: 2013-01-31T13:05:00Z; numbers need a declared 'unit', other "
                "texts a 'format'"
            )
    elif column.type in ("integer", "number"):
        remedy += _about_writing(text.strip(), column)
    return Reason(
        name,
        rule,
        text,
        f"{remedy}, or one of {', '.join(map(repr, dataset.null_markers(name)))} for null",
    )


def _about_writing(text: str, column: Column) -> str:
    """What to do about a number that is written as no program does."""
    if _IS_STYLED.fullmatch(text):
        return " as programs do, or declare 'files: {decimal: …, thousands: …}'"
    found = _BESIDE.fullmatch(text)
    symbol = found and (found["before"] or found["behind"])
    if symbol and column.symbol is None:
        return f" alone, or declare what stands beside it: 'symbol: \"{symbol}\"'"
    return f", alone or with {column.symbol}" if symbol else ""


_IS_STYLED = re.compile(r"[+-]?\d+([.,' _]\d+)+")
"""Numbers with marks that may be read in several ways."""
_OTHER = r"[^\d\s.,'_+-]{1,10}"
_BESIDE = re.compile(rf"[+-]?(?P<before>{_OTHER})?\s?[+-]?\d[\d.,'_]*\s?(?P<behind>{_OTHER})?")
"""A number, and what stands beside it."""
_A = {
    "timestamp": "a time",
    "integer": "a whole number",
    "number": "a finite number",
    "boolean": "true or false",
    "string": "text",
}


def _original(
    raw: pl.DataFrame, index: int, dataset: Dataset, uncastable: Mapping[str, str]
) -> JsonObject:
    row = raw.row(index, named=True)
    extra = {
        name: value for name, value in json.loads(row[EXTRA] or "{}").items() if value is not None
    }
    return {**{name: _plain(row[name]) for name in dataset.columns}, **uncastable, **extra}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
