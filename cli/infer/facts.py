"""How a file with many rows a key, each at a time of its own, is counted by windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cli.infer.column import InferredColumn
from cli.infer.features import choose_features
from cli.infer.finding import Inference
from cli.infer.joins import is_found, shared_columns
from cli.infer.names import plain_name
from cli.infer.windows import WindowGuess
from ghosteam.problem.timeexpr import written_column

_MOST_NUMBERS = 2
_OVER = "28d"


@dataclass(frozen=True)
class Facts:
    """A data set of facts: see ``Dataset`` of the grammar. ``columns``: those that are declared;
    ``made_id``: the column of ``id`` is in no file, and made of a row's content.
    """

    key: tuple[str, ...]
    time: str
    id: tuple[str, ...]
    made_id: bool
    columns: tuple[str, ...]
    windows: tuple[WindowGuess, ...]
    findings: tuple[Inference, ...]


def guess_facts(
    name: str,
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    events: pl.DataFrame,
    event_columns: Mapping[str, InferredColumn],
    *,
    without: Sequence[str],
    taken: Sequence[str],
) -> Facts | None:
    """What a file's ``rows`` are as facts for those of ``events``, both in their types; None where
    no event finds any, or they have no time. ``without``: columns that no request can have;
    ``taken``: names that no window may have.
    """
    shared = shared_columns(columns, event_columns, without)
    key = tuple(
        column
        for column in shared
        if is_found(events, rows, (column,)) and not rows[column].null_count()
    )
    times = [column for column, found in columns.items() if found.type == "timestamp"]
    if not key or not times:
        return None
    time = times[0]
    ids = [
        column
        for column, found in columns.items()
        if found.type in ("integer", "string") and found.distinct == rows.height
    ]
    named = {*key, time, *ids}
    chosen = choose_features(rows, columns, taken=named, time=(time,)).features
    numbers = [one for one in chosen if columns[one].type in ("integer", "number")]
    windows: list[WindowGuess] = []
    of = [("count", "rows"), *(("mean", column) for column in numbers[:_MOST_NUMBERS])]
    for aggregate, column in of:
        names = [*taken, *(window.name for window in windows)]
        told = plain_name(f"{name[:12]}_{aggregate}_{column[:8]}_{_OVER}", taken=names)
        windows.append(WindowGuess(told, key[0], aggregate, _OVER, column, name))
    made = not ids and rows.select(*key, time).n_unique() < rows.unique().height
    if made:
        ids = [plain_name("row_id", taken=columns)]
    declared = [*key, time, *ids[:1], *(column for _, column in of[1:])]
    found = f"facts: windows count rows by {', '.join(key)}, as they were known at {time}"
    return Facts(
        key,
        written_column(time),
        tuple(ids[:1]),
        made,
        tuple(column for column in columns if column in declared),
        tuple(windows),
        (Inference(name, found, "a guess"),),
    )
