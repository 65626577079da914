"""How far a batch lies from the batches before it, by their profiles alone.

A profile knows a distribution in part: some quantiles, the most frequent texts. So a distance is
the least that both profiles allow, less what chance explains: it is 0 until a difference is sure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghosteam.documents.batch_profile import BatchProfile, ColumnProfile
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

FEWEST = 30
"""Rows of a batch, and of those before it."""
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
_ALPHA = 0.001
"""How often, of batches that are like the others, one is told to be other."""


class BatchDrift(NamedTuple):
    """The column that is farthest from the batches before: ``distance`` is a share of its rows, the
    least that would have to be other for both to be alike.
    """

    column: str
    distance: float


def compared_columns(problem: Problem, dataset: str) -> list[str]:
    """Columns whose values ought to be distributed as before: no names of rows, no times, and
    nothing that the watch on drift passes over.
    """
    found = problem.datasets[dataset]
    moving = {*found.id, *found.key, *found.time_columns}
    if dataset in (problem.events_name, problem.labels_name):
        moving |= {*problem.event_id, *problem.event_time_expression.columns}
    return [
        name
        for name, column in found.columns.items()
        if name not in moving and column.type != "timestamp" and problem.watch.looks_at(name)
    ]


def batch_drift(
    now: BatchProfile, before: Sequence[BatchProfile], columns: Collection[str]
) -> BatchDrift | Undetermined:
    """The greatest distance of any of the ``columns``."""
    distances = {}
    for name in columns:
        this = now.columns.get(name)
        others = [found for one in before if (found := one.columns.get(name))]
        if this is None or any(other["type"] != this["type"] for other in others):
            continue
        if min(this["rows"], sum(other["rows"] for other in others)) < FEWEST:
            continue
        distances[name] = _distance(this, others, alpha=_ALPHA / len(columns))
    if not distances:
        return Undetermined(f"no column has {FEWEST} rows here and before")
    column = max(distances, key=lambda name: distances[name])
    return BatchDrift(column, distances[column])


def _distance(now: ColumnProfile, before: Sequence[ColumnProfile], *, alpha: float) -> float:
    rows, old_rows = now["rows"], sum(one["rows"] for one in before)
    nulls = abs(now["nulls"] / rows - sum(one["nulls"] for one in before) / old_rows)
    found = nulls - _chance(rows, old_rows, alpha)
    filled, old_filled = rows - now["nulls"], sum(map(_filled, before))
    if min(filled, old_filled) >= FEWEST:
        others = [one for one in before if _filled(one)]
        if "quantiles" in now:
            found = max(found, _steps(now, others) - _chance(filled, old_filled, alpha))
        elif "true" in now:
            far = abs(now["true"] / filled - sum(one["true"] for one in others) / old_filled)
            found = max(found, far - _chance(filled, old_filled, alpha))
        elif "top" in now:
            values = {one["value"] for column in (now, *others) for one in column["top"]}
            chance = _chance(filled, old_filled, alpha / 2 ** len(values))
            found = max(found, _apart(now, others, values) - chance)
    return max(found, 0.0)


def _chance(rows: int, others: int, alpha: float) -> float:
    """Shares of two samples of one distribution lie no further apart, but for ``alpha``. Source:
    Wei & Dudley 2012, "Two-sample Dvoretzky-Kiefer-Wolfowitz inequalities", theorem 1.
    """
    return math.sqrt((1 - math.log(alpha)) * (1 / rows + 1 / others) / 2)


def _steps(now: ColumnProfile, before: Sequence[ColumnProfile]) -> float:
    """How far the shares of rows below a number lie apart at least: the most at any number that is
    a known quantile, itself counted or not.
    """
    known = {value for one in (now, *before) for value in one["quantiles"].values()}
    at, far = np.array(sorted(known), dtype=float), 0.0
    for side in _SIDES:
        low, high = _below([now], at, side)
        old_low, old_high = _below(before, at, side)
        far = max(far, float(np.maximum(low - old_high, old_low - high).max()))
    return far


def _below(
    columns: Sequence[ColumnProfile], at: NDArray[np.float64], side: Literal["left", "right"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the greatest share of rows below each number ``at`` over all columns, shape
    (n,); on the ``right`` side the number itself counts as below.
    """
    low, high, rows = np.zeros(at.size), np.zeros(at.size), 0
    for column in columns:
        shares, values = zip(*sorted(_quantiles(column)), strict=True)
        bounds = np.array([0.0, *shares, 1.0])
        place = np.searchsorted(values, at, side=side)
        low += _filled(column) * bounds[place]
        high += _filled(column) * bounds[place + 1]
        rows += _filled(column)
    return low / rows, high / rows


def _quantiles(column: ColumnProfile) -> Iterator[tuple[float, float]]:
    return ((float(share), value) for share, value in column["quantiles"].items())


def _apart(now: ColumnProfile, before: Sequence[ColumnProfile], values: Collection[str]) -> float:
    """The least total variation distance: what some values have more, or others less."""
    more = fewer = 0.0
    for value in values:
        low, high = _share_of([now], value)
        old_low, old_high = _share_of(before, value)
        more, fewer = more + max(0.0, low - old_high), fewer + max(0.0, old_low - high)
    return max(more, fewer)


def _share_of(columns: Sequence[ColumnProfile], value: str) -> tuple[float, float]:
    """The least and greatest share of a text: what is not among the most frequent may be as
    frequent as the last of them.
    """
    low = high = 0
    for column in columns:
        known = {one["value"]: one["rows"] for one in column["top"]}
        hidden = _filled(column) - sum(known.values())
        low += known.get(value, 0)
        high += known.get(value, min(hidden, *known.values()))
    rows = sum(map(_filled, columns))
    return low / rows, high / rows


def _filled(column: ColumnProfile) -> int:
    return column["rows"] - column["nulls"]
