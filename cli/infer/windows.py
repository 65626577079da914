"""Aggregates of earlier outcomes that a model may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from cli.column_statistics import ends, middle
from cli.infer.column import InferredColumn
from cli.infer.finding import Inference
from cli.infer.names import plain_name
from cli.infer.target import TargetGuess

_MOST = 2
_ENOUGH = 30
_MOST_GROUPS = 5_000


@dataclass(frozen=True)
class WindowGuess:
    """A window as the grammar has it: over the outcomes of events, or over the rows of facts."""

    name: str
    by: str
    aggregate: str
    over: str
    of: str
    facts: str | None = None


def groups_of(
    about: Iterable[str], features: Iterable[str], columns: Mapping[str, InferredColumn]
) -> list[str]:
    """Columns whose values may have a history each: what events are ``about``, then texts that a
    model reads, those with the most values first.
    """
    texts = [name for name in features if columns[name].type == "string"]
    by_size = sorted(texts, key=lambda name: -columns[name].distinct)
    return list(dict.fromkeys([*about, *by_size]))


def guess_windows(
    times: pl.Series,
    rows: pl.DataFrame,
    columns: Mapping[str, InferredColumn],
    *,
    groups: Iterable[str],
    target: TargetGuess,
    taken: Sequence[str],
) -> tuple[tuple[WindowGuess, ...], tuple[Inference, ...]]:
    """``times`` and ``rows``, in their types, of events with an outcome; ``groups``: columns whose
    values may have a history each, the likeliest first; ``taken``: names that no window may have.
    """
    if target.task == "multiclass" or not times.len():
        return (), ()
    first, last = ends(times)
    days = max(1.0, (last - first) / timedelta(days=1))
    found: list[WindowGuess] = []
    findings: list[Inference] = []
    for by in groups:
        described = columns[by]
        usable = described.type in ("integer", "string") and 2 <= described.distinct <= _MOST_GROUPS
        if not usable or described.nullable or len(found) == _MOST:
            continue
        often = middle(rows[by].value_counts()["count"]) / days
        over = next((length for length in (7, 28) if length * often >= _ENOUGH), None)
        if over is None or days < 2 * over:
            continue
        names = [*taken, *(window.name for window in found)]
        name = plain_name(f"{plain_name(by)[:14]}_{target.name[:10]}_{over}d", taken=names)
        aggregate = "rate" if target.task == "binary" else "mean"
        found.append(WindowGuess(name, by, aggregate, f"{over}d", target.name))
        told = f"{aggregate} of {target.name} by {by} over {over} days"
        findings.append(Inference(name, f"a window: the {told}", "a guess"))
    return tuple(found), tuple(findings)
