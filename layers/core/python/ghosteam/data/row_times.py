"""When the rows of a data set happened, or begin to hold."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ghosteam.data.derive import time_column, with_event_time
from ghosteam.data.quarantine import Reason
from ghosteam.problem.spec import EVENT_TIME, Problem
from ghosteam.problem.timeexpr import TimeExpression


def row_times(good: pl.DataFrame, problem: Problem, dataset_name: str) -> pl.Series | None:
    """When each row happened (of labels: its event), or begins to hold; None for a
    static data set, for events without a time, and for labels that do not tell it.
    """
    dataset = problem.datasets[dataset_name]
    if tells_event_time(problem, dataset_name):
        return with_event_time(good, problem)[EVENT_TIME]
    return good.select(time_column(dataset.time_expression)).to_series() if dataset.time else None


def tells_event_time(problem: Problem, dataset_name: str) -> bool:
    """Whether the rows have the columns that an event's time is made of, as events do."""
    if not problem.timed:
        return False
    role = problem.datasets[dataset_name].role
    made_of = {*problem.event_time_expression.columns}
    return role == "events" or (role == "labels" and made_of <= {*problem.label_key})


def parts_of_time(problem: Problem, dataset_name: str) -> TimeExpression | None:
    """What the rows' times are made of where they begin with a date made of columns; None where
    they begin with a timestamp.
    """
    expression = _expression(problem, dataset_name)
    return None if isinstance(expression.base, str) else expression


def without_time(
    declared: pl.DataFrame, times: pl.Series, problem: Problem, dataset_name: str
) -> Iterator[tuple[int, Reason]]:
    """Rows whose ``times`` are null, by their place from 0, and what their time is made of."""
    columns = problem.datasets[dataset_name].columns
    made_of = dict.fromkeys(_expression(problem, dataset_name).columns)
    private = any(columns[name].private for name in made_of)
    for index in times.is_null().arg_true():
        parts = {name: declared[name][index] for name in made_of}
        if empty := [name for name, part in parts.items() if part is None]:
            yield index, Reason(None, "has a time", None, f"Fill in {', '.join(empty)}")
            continue
        told = ", ".join(f"{name} {part}" for name, part in parts.items())
        remedy = f"Correct {', '.join(made_of)}: no calendar has that time"
        yield index, Reason(None, "has a time", None if private else told, remedy)


def _expression(problem: Problem, dataset_name: str) -> TimeExpression:
    dataset = problem.datasets[dataset_name]
    own = dataset.role in ("lookup", "facts")
    return dataset.time_expression if own else problem.event_time_expression
