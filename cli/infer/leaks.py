"""Columns that say the outcome because they come after it, or are it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

import numpy as np
import polars as pl

from cli.column_statistics import average
from cli.infer.column import InferredColumn
from cli.infer.finding import Inference
from cli.infer.strength import MOST_ROWS, Floats, strengths
from cli.infer.target import TargetGuess
from ghosteam.data.derive import time_column
from ghosteam.problem.timeexpr import parse_time_expression

TELLS = 0.98
_LOOK = 0.85
_FEWEST_UNKNOWN = 20
_TOGETHER = 0.75
_ELSE = 0.02
_LATER = 0.95
_MOST_SUMMED = 60
_EQUAL = 0.99


def suspects(
    rows: pl.DataFrame,
    outcome: pl.Series,
    columns: Mapping[str, InferredColumn],
    target: TargetGuess,
    *,
    event_time: str,
    kept: Collection[str] = (),
) -> tuple[dict[str, str], list[Inference]]:
    """Columns that a model must not read, by the reason, and findings of all that are suspect.
    ``rows`` in their types; ``outcome``: theirs as the task's numbers, null where not known;
    ``kept``: what the user says is known before.
    """
    late: dict[str, str] = {}
    findings: list[Inference] = []
    known = outcome.is_not_null()
    some = pl.DataFrame({"place": known.arg_true()})
    if some.height > MOST_ROWS:
        some = some.sample(MOST_ROWS, seed=0)
    places = some["place"].sort()
    y: Floats = outcome.gather(places).cast(pl.Float64).to_numpy()
    times = _times(rows, event_time)
    for name in rows.columns:
        if name == target.column.name:
            continue
        if name in kept:
            findings.append(Inference(name, "kept, as it is known before the outcome", "sure"))
            continue
        if why := _later(rows[name], times):
            late[name] = why
            findings.append(Inference(name, f"left out: {why}", "fairly sure"))
            continue
        if why := _with_outcome(rows[name], known):
            late[name] = why
            findings.append(Inference(name, f"left out: {why}", "a guess"))
            continue
        if columns[name].distinct < 2:
            continue
        told = max(strengths(rows[name].gather(places), y, numbers=target.task == "regression"))
        if told >= TELLS:
            late[name] = f"it says {told:.0%} of {target.column.name} by itself"
            findings.append(Inference(name, f"left out: {late[name]}", "fairly sure"))
        elif told >= _LOOK:
            findings.append(
                Inference(
                    name,
                    f"kept, and says {told:.0%} of {target.column.name} by itself: is it known "
                    "before?",
                    "a guess",
                )
            )
    if target.task == "regression":
        numbers = [
            name
            for name in rows.columns
            if name not in (*late, *kept, target.column.name) and rows[name].dtype.is_numeric()
        ]
        for one, other, sign in _sums(rows[places].select(numbers[:_MOST_SUMMED]), y):
            for name in (one, other):
                late.setdefault(name, f"{target.column.name} is {one} {sign} {other}")
            findings.append(Inference(one, f"left out with {other!r}: {late[one]}", "fairly sure"))
            break
    return late, findings


def _with_outcome(column: pl.Series, known: pl.Series) -> str | None:
    """A column that is filled when the outcome is, and hardly ever before."""
    unknown = int((~known).sum())
    if unknown < _FEWEST_UNKNOWN or not known.any():
        return None
    missing = column.is_null()
    without = float((missing & ~known).sum()) / unknown
    beside = float((missing & known).sum()) / max(1, int(known.sum()))
    if without >= _TOGETHER and beside <= _ELSE:
        return f"{without:.0%} of the rows without an outcome lack it, and {beside:.0%} of others"
    return None


def _times(rows: pl.DataFrame, event_time: str) -> pl.Series | None:
    expression = parse_time_expression(event_time)
    if not expression.columns:
        return None
    return rows.select(time_column(expression).alias("t"))["t"]


def _later(column: pl.Series, times: pl.Series | None) -> str | None:
    if times is None or not isinstance(column.dtype, pl.Datetime):
        return None
    after = (column > times).drop_nulls()
    if (share := average(after)) >= _LATER:
        return f"it is later than the event in {share:.0%} of the rows"
    return None


def _sums(rows: pl.DataFrame, y: Floats) -> list[tuple[str, str, str]]:
    """Pairs of columns whose sum or difference is the outcome."""
    values = {
        name: rows[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for name in rows.columns
    }
    scale = max(1e-9, float(np.nanstd(y)))
    found = []
    for one, other in combinations(values, 2):
        if np.nanstd(values[one]) == 0 or np.nanstd(values[other]) == 0:
            continue
        for sign, total in (
            ("+", values[one] + values[other]),
            ("-", values[one] - values[other]),
        ):
            near = np.abs(total - y) <= 1e-6 * scale + 1e-9 * np.abs(y)
            if float(np.mean(near)) >= _EQUAL:
                found.append((one, other, sign))
    return found
