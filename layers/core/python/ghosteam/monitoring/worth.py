"""What predictions are worth by ``decide.value``: each, and the hold-out's in the mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ghosteam.data.derive import TARGET
from ghosteam.documents.drift_reference import WorthRecord
from ghosteam.metrics.metric import Floats
from ghosteam.problem.expressions.expression import expression_of, taken
from ghosteam.problem.expressions.functions import Column
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.row_limits import MIN_HOLDOUT_ROWS
from ghosteam.problem.spec import Problem
from ghosteam.problem.worth import DECISION, OUTCOME, PREDICTION, kinds_of_answers, logged_values
from ghosteam.undetermined import Undetermined


@dataclass(frozen=True)
class MeanOfRows:
    """A mean of independent rows, and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, values: Floats) -> MeanOfRows:
        """That of values ``(n,)``, of which there is one at least."""
        return cls(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def worth_of(
    problem: Problem, text: str, target: Floats, outputs: Floats, rows: pl.DataFrame
) -> Floats | Undetermined:
    """What each prediction is worth by the expression ``text``, ``(n,)``; NaN where it is null.
    Outcomes ``(n,)`` and outputs ``(n, k)`` are of the same events as ``rows``, which have what the
    prediction log holds of them, a column each. Undetermined where a column is lacking.
    """
    expression, logged = expression_of(text), logged_values(problem)
    answers, columns = kinds_of_answers(problem), dict[Read, Column]()
    for read in expression.reads:
        if read in answers:
            columns[read] = _answers(read, problem, target, outputs)
            continue
        one = logged[read]
        if one.column not in rows.columns or one.kind is None:
            return Undetermined(f"decide.value reads {read}, which the model is asked without")
        columns[read] = taken(one.kind, rows.get_column(one.column).to_list())
    return np.array(expression.values(columns, len(target)), dtype=np.float64)


def worth_kept(problem: Problem, holdout: pl.DataFrame, outputs: Floats) -> WorthRecord | None:
    """What predictions are worth in the mean on a ``holdout`` with the column ``target``, with
    ``outputs`` ``(n, k)``; None without a ``decide.value``, and of fewer rows with a worth than
    models are judged by.
    """
    if (text := problem.decide.value) is None:
        return None
    target = holdout.get_column(TARGET).cast(pl.Float64).to_numpy()
    found = worth_of(problem, text, target, outputs, holdout)
    if isinstance(found, Undetermined):
        return None
    known = found[~np.isnan(found)]
    if len(known) < MIN_HOLDOUT_ROWS:
        return None
    mean = MeanOfRows.of(known)
    return {"by": text, "mean": mean.value, "deviation": mean.error}


def _answers(read: Read, problem: Problem, target: Floats, outputs: Floats) -> Column:
    """What came, what was decided, or an output, of each row."""
    kind, classes = problem.kind, problem.target.classes
    if read == DECISION:
        threshold = problem.decide.threshold
        return [kind.decide(row, classes, threshold=threshold) for row in outputs.tolist()]
    if read == OUTCOME:
        if classes:
            return [classes[int(place)] for place in target]
        came = target.astype(np.bool_) if kind.class_count(classes) else target
        return [*came.tolist()]
    place = 0 if read == PREDICTION else problem.outputs.index(read.name)
    return [*outputs[:, place].tolist()]
