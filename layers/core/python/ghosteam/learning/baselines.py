"""What every candidate has to be better than: a constant, and the last known outcome. Pure.

They are climatology and persistence, the two standards of reference of forecasts. Source: Murphy
1992.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from ghosteam.data.derive import LAST_KNOWN, TARGET
from ghosteam.documents.evaluation import BaselineRecord
from ghosteam.learning.holdout import Holdout
from ghosteam.metrics.metric import METRICS, Floats, Value, measure
from ghosteam.problem.spec import Problem
from ghosteam.undetermined import Undetermined

BaselineName = Literal["constant", "last_known"]
KNOWS: Mapping[BaselineName, str] = {
    "constant": "knowing only how often each outcome comes",
    "last_known": "knowing only the last known outcome",
}
"""What each baseline knows, in words."""


@dataclass(frozen=True)
class Baseline:
    """The stronger of both baselines: ``outputs`` ``(n_rows, n_outputs)`` on the hold-out.
    ``values``: the gate's metric of each there.
    """

    name: BaselineName
    outputs: Floats
    values: Mapping[BaselineName, Value]

    def told(self) -> dict[str, BaselineRecord]:
        """Both on record."""
        return {
            name: BaselineRecord(
                value=None if isinstance(value, Undetermined) else value,
                undetermined=value.reason if isinstance(value, Undetermined) else None,
                used=name == self.name,
            )
            for name, value in self.values.items()
        }


def stronger_baseline(learned_from: pl.DataFrame, rows: Holdout, problem: Problem) -> Baseline:
    """The baseline with the better ``promote.metric`` on the hold-out; the constant when they are
    equal, or the last known outcome is undetermined.

    ``learned_from`` are the training rows, of which ``target`` and, where events have a time,
    ``_last_known`` are read. Where
    a hold-out row has no known earlier outcome the constant stands in.
    """
    metric = problem.promote.metric
    constant = np.tile(
        problem.kind.constant(
            learned_from.get_column(TARGET).to_numpy(), problem.target.classes, metric=metric
        ),
        (len(rows.target), 1),
    )
    outputs: dict[BaselineName, Floats | Undetermined] = {
        "constant": constant,
        "last_known": _last_known(learned_from, rows, constant, problem),
    }
    values = {name: _measured(found, rows, problem) for name, found in outputs.items()}
    sign = METRICS.find(metric).sign

    def strength(name: BaselineName) -> float:
        value = values[name]
        return -np.inf if isinstance(value, Undetermined) else sign * value

    name = max(values, key=strength)
    chosen = outputs[name]
    return Baseline(name, constant if isinstance(chosen, Undetermined) else chosen, values)


def _last_known(
    learned_from: pl.DataFrame, rows: Holdout, constant: Floats, problem: Problem
) -> Floats | Undetermined:
    if LAST_KNOWN not in learned_from.columns:
        return Undetermined("events have no time: none is earlier than another")
    train = learned_from.drop_nulls(LAST_KNOWN)
    last = rows.frame.get_column(LAST_KNOWN)
    known = last.is_not_null().to_numpy()
    for name, some in (("training", train.height > 0), ("hold-out", known.any())):
        if not some:
            return Undetermined(f"no {name} row has an earlier outcome that was known in time")
    outputs = constant.copy()
    outputs[known] = problem.kind.persistence(
        train.get_column(LAST_KNOWN).to_numpy(),
        train.get_column(TARGET).to_numpy(),
        last.drop_nulls().to_numpy(),
        problem.target.classes,
    )
    return outputs


def _measured(outputs: Floats | Undetermined, rows: Holdout, problem: Problem) -> Value:
    if isinstance(outputs, Undetermined):
        return outputs
    return rows.too_small or measure(
        problem.promote.metric, rows.target, outputs, threshold=problem.decide.threshold
    )
