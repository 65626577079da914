"""What an event is named by, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from cli.infer.column import InferredColumn, named_like_code
from cli.infer.features import WEIGHTS
from cli.infer.finding import Inference, Sureness
from cli.infer.names import plain_name

ROW_ID = "row_id"
_LONGEST = 200
_FEWEST_ROWS = 2.0
_MOST_PAIRED = 12
_ABOUT = re.compile(
    r"customer|client|user|account|patient|store|shop|station|machine|device|"
    r"sensor|vehicle|driver|member|student|person|household|site|product|item|"
    r"country|city|region|plant|asset|card|ticker|symbol",
    re.I,
)

_MEASURES = re.compile(
    r"weight|height|width|length|size|price|amount|cost|total|sum|count|qty|"
    r"quantity|age$|score|rate|power|speed|volume|population|income|salary|"
    r"balance|temp|_(kg|lbs|g|mm|cm|m|km|mi|usd|eur)$",
    re.I,
)


@dataclass(frozen=True)
class Identity:
    """``entity``: its name and columns; ``id``: the columns that make an event, where these are not
    the entity's and the event time; ``added``: whether files lack it, and get one.
    """

    entity: str
    columns: tuple[str, ...]
    id: tuple[str, ...] = ()
    added: bool = False
    findings: tuple[Inference, ...] = ()

    @property
    def named_by(self) -> tuple[str, ...]:
        """All columns that name an event."""
        return tuple(dict.fromkeys((*self.columns, *self.id)))


def guess_identity(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    *,
    time: Sequence[str],
    without: Collection[str],
) -> Identity:
    """``rows`` in their types; ``time``: the columns of the event time, none where events have
    none; ``without``: columns that a request cannot have.
    """
    distinct = rows.unique()
    usable = [
        name
        for name, found in columns.items()
        if found.type in ("integer", "string")
        and not found.nullable
        and found.distinct > 1
        and found.longest <= _LONGEST
        and name not in without
        and not WEIGHTS.match(name)
    ]

    def unique(names: Sequence[str]) -> bool:
        return distinct.select(names).n_unique() == distinct.height

    single, sure = _single(distinct, columns, usable, unique)
    if single:
        return _of_id(rows, columns, usable, single, sure, time=time)
    codes = sorted(
        (name for name in usable if name not in time and not _is_measure(columns[name])),
        key=lambda name: (not _about(name), columns[name].type != "string"),
    )[:_MOST_PAIRED]
    if time:
        if unique(list(time)):
            told = "an event is its time: no two rows share it"
            return Identity("moment", tuple(time), findings=(Inference("id", told, "fairly sure"),))
        for names in _groups(codes, 2):
            if unique([*names, *time]):
                entity = plain_name(names[0], or_else="thing")
                told = f"an event is {' and '.join((*names, *time))}: no two rows share them"
                return Identity(entity, names, findings=(Inference("id", told, "fairly sure"),))
    else:
        named = [name for name in codes if named_like_code(name) or _about(name)]
        for names in combinations(named, 2):
            if unique(names):
                told = f"a row is {' and '.join(names)}: no two rows share them"
                return Identity("case", names, names, findings=(Inference("id", told, "a guess"),))
    added = ROW_ID if ROW_ID not in columns else f"added_{ROW_ID}"
    told = f"no column names a row: a column {added!r} is made of the row's content"
    finding = Inference("id", told, "sure")
    about = _entity(rows, columns, usable) if time else None
    if about:
        return Identity(plain_name(about), (about,), (added,), added=True, findings=(finding,))
    return Identity("case", (added,), (added,), added=True, findings=(finding,))


def _groups(names: Sequence[str], most: int) -> Iterator[tuple[str, ...]]:
    for size in range(1, most + 1):
        yield from combinations(names, size)


def _single(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    usable: Sequence[str],
    unique: object,
) -> tuple[str | None, Sureness]:
    """The column that names a row by itself."""
    alone = [name for name in usable if rows[name].n_unique() == rows.height]
    for name in alone:
        if named_like_code(name):
            return name, "sure"
    for name in alone:
        found = columns[name]
        running = found.low is not None and (found.high or 0) - found.low + 1 == rows.height
        if found.type == "integer" and running:
            return name, "sure"
    for name in alone:
        found = columns[name]
        if found.type == "string" and found.words <= 3 and found.longest <= 64:
            return name, "a guess"
    return None, "sure"


def _of_id(
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    usable: Sequence[str],
    name: str,
    sure: Sureness,
    *,
    time: Sequence[str],
) -> Identity:
    finding = Inference(name, "names a row: no two share it, and no model reads it", sure)
    about = _entity(rows, columns, [one for one in usable if one != name]) if time else None
    if about is None:
        return Identity(plain_name(name, or_else="case"), (name,), (name,), findings=(finding,))
    told = Inference(
        about, f"what events are about: it comes in {columns[about].distinct}", "a guess"
    )
    return Identity(plain_name(about), (about,), (name,), findings=(finding, told))


def _entity(
    rows: pl.DataFrame, columns: Mapping[str, InferredColumn], usable: Sequence[str]
) -> str | None:
    """What events are about, where it comes again and again under an id."""
    for name in usable:
        found = columns[name]
        often = rows.height / max(1, found.distinct)
        if _about(name) and named_like_code(name) and often >= _FEWEST_ROWS and found.distinct > 10:
            return name
    return None


def _is_measure(found: InferredColumn) -> bool:
    """Whether whole numbers are a quantity, by their name: no event is named by its weight."""
    return found.type == "integer" and bool(_MEASURES.search(found.name))


def _about(name: str) -> bool:
    return bool(_ABOUT.search(name))
