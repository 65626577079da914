"""Which columns a model reads, and why not the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2b

import polars as pl

from cli.infer.column import InferredColumn, named_like_code
from cli.infer.date_parts import part_of_date
from cli.infer.finding import Inference, Sureness
from ghosteam.errors import InvalidInput
from ghosteam.problem.text_values import MAX_TEXT

_WORDS = 5.0
_MOST_MISSING = 0.99
_OWN = 0.5
_MOST_CATEGORIES = 250
_MOST_PAIRED = 50
_TOLD = 5
WEIGHTS = re.compile(
    r"^(sample|survey|case|row|obs|p)_?weights?$|^weights$|^fnlwgt$|^wgt$|^pweight$|^wt$", re.I
)


@dataclass(frozen=True)
class FeatureChoice:
    """``features``: names in the file's order; ``left_out``: why not, by the column; ``weight``:
    the column that says how much a row counts.
    """

    features: tuple[str, ...]
    left_out: Mapping[str, str]
    weight: str | None = None
    findings: tuple[Inference, ...] = ()


def nothing_left(chosen: FeatureChoice, late: Mapping[str, str]) -> InvalidInput:
    """That there is no feature: why not, by the column, and what to do. ``late``: those that are
    known too late.
    """
    reasons = {**chosen.left_out, **{name: f"left out, {why}" for name, why in late.items()}}
    remedy = "Give files with columns that are known before the outcome, and that are no ids"
    if late:
        remedy += f"; or say, if that one is known before: init … --keep {next(iter(late))}"
    return InvalidInput(
        "No column is left that a model could learn from",
        where=dict(list(reasons.items())[:_TOLD]),
        remedy=remedy,
    )


def choose_features(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    *,
    taken: Collection[str],
    time: Collection[str] = (),
) -> FeatureChoice:
    """``rows`` in their types; ``taken``: columns with another role, which are none; ``time``:
    those that the event time is made of.
    """
    left: dict[str, str] = {}
    features: list[str] = []
    weight = None
    findings: list[Inference] = []
    seen = _Seen(rows)
    for name, found in columns.items():
        if name in taken:
            continue
        if weight is None and WEIGHTS.match(name) and (found.low or 0) > 0:
            weight = name
            findings.append(Inference(name, "how much a row counts in learning", "fairly sure"))
            continue
        why = _unfit(found, rows.height) or _of_time(found, time)
        why = why or seen.twin_of(found)
        if why is None:
            seen.add(found)
            features.append(name)
            continue
        left[name] = why
        findings.append(Inference(name, f"left out: {why}", _sure(why)))
    return FeatureChoice(tuple(features), left, weight, tuple(findings))


def _unfit(found: InferredColumn, rows: int) -> str | None:
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


def _of_time(found: InferredColumn, time: Collection[str]) -> str | None:
    """What only goes on with time cannot be learned from earlier rows."""
    part = part_of_date(found.name)
    if time and part in ("year", "day", "minute") and found.type == "integer":
        in_use = found.name in time
        return f"it is the {part} of the event's time" if in_use or part == "year" else None
    return None


class _Seen:
    """The columns before one, so that it can be told which of them says the same."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows
        self._by_content: dict[tuple[str, bytes], str] = {}
        self._small: dict[tuple[int, int], list[InferredColumn]] = {}

    def add(self, found: InferredColumn) -> None:
        """Columns after it may be its twins."""
        self._by_content[self._content(found.name)] = found.name
        if found.distinct <= _MOST_PAIRED and found.type in ("string", "integer"):
            self._small.setdefault((found.distinct, found.missing), []).append(found)

    def twin_of(self, found: InferredColumn) -> str | None:
        """Why a column says no more than one before it: each of its values goes with one of the
        other's; None where it says more.
        """
        same = self._by_content.get(self._content(found.name))
        if same is not None:
            return f"it is the same as {same!r}"
        for one in self._small.get((found.distinct, found.missing), []):
            if "string" not in (found.type, one.type) or found.type not in ("string", "integer"):
                continue
            pairs = self._rows.select(found.name, one.name).n_unique()
            if pairs == found.distinct + (found.missing > 0):
                return f"it says the same as {one.name!r} in other words"
        return None

    def _content(self, name: str) -> tuple[str, bytes]:
        column = self._rows[name]
        digest = blake2b(column.hash(seed=0).to_numpy().tobytes(), digest_size=16).digest()
        return str(column.dtype), digest


def _sure(why: str) -> Sureness:
    certain = why.startswith(("it is empty", "it is the same", "its texts")) or "all rows" in why
    return "sure" if certain else "fairly sure"
