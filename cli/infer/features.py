"""Which columns a model reads, and why not the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from cli.infer.column import Described, named_like_code
from cli.infer.date_parts import part_of_date
from cli.infer.finding import Finding, Sureness
from ghosteam.problem.text_values import MAX_TEXT

_WORDS = 5.0
_MOST_MISSING = 0.99
_OWN = 0.5
_MOST_CATEGORIES = 250
_MOST_PAIRED = 50
WEIGHTS = re.compile(
    r"^(sample|survey|case|row|obs|p)_?weights?$|^weights$|^fnlwgt$|^wgt$|^pweight$|^wt$", re.I
)


@dataclass(frozen=True)
class Chosen:
    """``features``: names in the file's order; ``left_out``: why not, by the column; ``weight``:
    the column that says how much a row counts.
    """

    features: tuple[str, ...]
    left_out: Mapping[str, str]
    weight: str | None = None
    findings: tuple[Finding, ...] = ()


def choose_features(
    rows: pl.DataFrame,
    columns: Mapping[str, Described],
    *,
    taken: Collection[str],
    time: Collection[str] = (),
) -> Chosen:
    """``rows`` in their types; ``taken``: columns with another role, which are none; ``time``:
    those that the event time is made of.
    """
    left: dict[str, str] = {}
    features: list[str] = []
    weight = None
    findings: list[Finding] = []
    for name, found in columns.items():
        if name in taken:
            continue
        if weight is None and WEIGHTS.match(name) and (found.low or 0) > 0:
            weight = name
            findings.append(Finding(name, "how much a row counts in learning", "fairly sure"))
            continue
        why = _unfit(found, rows.height) or _of_time(found, time)
        if why is None and (twin := _twin(rows, name, features, columns)):
            why = twin
        if why is None:
            features.append(name)
            continue
        left[name] = why
        findings.append(Finding(name, f"left out: {why}", _sure(why)))
    return Chosen(tuple(features), left, weight, tuple(findings))


def _unfit(found: Described, rows: int) -> str | None:
    if not found.distinct:
        return "it is empty"
    if found.constant:
        return f"it is {found.example!r} in all rows"
    if found.missing > _MOST_MISSING * rows:
        return f"{found.missing} of {rows} rows lack it"
    if found.type == "timestamp":
        return "it is a time, and no model reads times"
    if found.type == "string":
        if found.longest > MAX_TEXT:
            return f"its texts are up to {found.longest} characters long"
        if found.words > _WORDS and found.distinct > _MOST_CATEGORIES:
            return "it is free text"
    if found.type in ("string", "integer") and found.distinct > _OWN * found.given:
        coded = found.type == "string" or named_like_code(found.name)
        if coded and found.distinct > _OFTEN_SEEN:
            return "it names things: hardly any value comes twice"
    return None


_OFTEN_SEEN = 20


def _of_time(found: Described, time: Collection[str]) -> str | None:
    """What only goes on with time cannot be learned from earlier rows."""
    part = part_of_date(found.name)
    if time and part in ("year", "day", "minute") and found.type == "integer":
        in_use = found.name in time
        return f"it is the {part} of the event's time" if in_use or part == "year" else None
    return None


def _twin(
    rows: pl.DataFrame, name: str, earlier: Collection[str], columns: Mapping[str, Described]
) -> str | None:
    """Why a column says no more than one before it: each of its values goes with one of the
    other's.
    """
    found = columns[name]
    for other in earlier:
        one = columns[other]
        if (one.distinct, one.missing) != (found.distinct, found.missing):
            continue
        same_kind = rows.schema[name] == rows.schema[other]
        if same_kind and rows[name].equals(rows[other], check_dtypes=True):
            return f"it is the same as {other!r}"
        small = found.distinct <= _MOST_PAIRED and {found.type, one.type} <= {"string", "integer"}
        if small and "string" in (found.type, one.type):
            pairs = rows.select(name, other).n_unique()
            if pairs == found.distinct + (found.missing > 0):
                return f"it says the same as {other!r} in other words"
    return None


def _sure(why: str) -> Sureness:
    certain = why.startswith(("it is empty", "it is the same", "its texts")) or "all rows" in why
    return "sure" if certain else "fairly sure"
