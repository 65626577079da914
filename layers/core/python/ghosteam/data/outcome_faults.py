"""What is wrong with outcomes, as far as a row of events, or of labels, tells them alone.

What only both tell together is judged where they meet: see
:func:`ghosteam.data.derive.with_outcome`.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ghosteam.data.derive import (
    outcome_sources,
    outcomes,
    states_outcome,
    time_column,
    with_event_time,
)
from ghosteam.data.quarantine import Reason
from ghosteam.data.row_times import tells_event_time
from ghosteam.data.time_limits import years_exceeded
from ghosteam.problem.spec import Problem


def outcome_faults(
    declared: pl.DataFrame, problem: Problem, dataset_name: str
) -> Iterator[tuple[int, Reason]]:
    """Rows of a converted part, by their place from 0, whose outcome is none of the task's, or
    whose time of the outcome cannot be; of labels also those that state one and not when it was
    known.
    """
    role = problem.datasets[dataset_name].role
    if role in ("lookup", "facts"):
        return
    if outcome_sources(problem) <= {*declared.columns}:
        wanted, remedy = problem.kind.wanted(problem.target.classes)
        for index in outcomes(declared, problem).is_nan().arg_true():
            value = str(declared.slice(index, 1).select(pl.sql_expr(problem.target.expr)).item())
            yield index, Reason(None, f"the outcome is {wanted}", value, remedy)
    if tells_event_time(problem, dataset_name):
        declared = with_event_time(declared, problem)
    made_of = problem.known_at_expression.columns
    if not {*made_of} <= {*declared.columns}:
        return
    known = declared.select(time_column(problem.known_at_expression).alias("known")).to_series()
    yield from years_exceeded(known, "a time of the outcome")
    if role == "labels":
        states = declared.select(states_outcome(problem)).to_series()
        remedy = f"Fill in what target.known_at is made of: {', '.join(made_of)}"
        for index in (states & known.is_null()).arg_true():
            yield index, Reason(None, "an outcome has a time", None, remedy)
