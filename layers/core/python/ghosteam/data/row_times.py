"""When the rows of a data set happened, or begin to hold."""

from __future__ import annotations

import polars as pl

from ghosteam.data.derive import time_column, with_event_time
from ghosteam.problem.spec import EVENT_TIME, Problem


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


def made_of_parts(problem: Problem, dataset_name: str) -> bool:
    """Whether the rows' times begin with a date made of columns, and not with a timestamp."""
    dataset = problem.datasets[dataset_name]
    own = dataset.role in ("lookup", "facts")
    expression = dataset.time_expression if own else problem.event_time_expression
    return not isinstance(expression.base, str)
