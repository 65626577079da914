"""Whether ``target.expr`` can be read and gives what the task predicts, before there are data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from ghosteam.data.convert import TYPES
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import FILE_NAME, line_of_field
from ghosteam.problem.spec import Problem


def check_targets(problems: Mapping[str, Problem], repository: Path) -> list[InvalidInput]:
    """What is wrong with the targets of the problems in ``repository``."""
    faults = []
    for name, problem in problems.items():
        if found := _fault(problem):
            place = ("target", "expr")
            where = {
                "file": f"{name}/{FILE_NAME}",
                "line": line_of_field(repository / name / FILE_NAME, place),
                "field": ".".join(place),
            }
            message, remedy = found
            faults.append(InvalidInput(message, where=where, remedy=remedy))
    return faults


def _fault(problem: Problem) -> tuple[str, str] | None:
    """Message and remedy."""
    expr, columns = problem.target.expr, problem.target_columns
    rows = pl.LazyFrame(schema={name: TYPES[column.type] for name, column in columns.items()})
    try:
        kind = rows.select(pl.sql_expr(expr).alias("outcome")).collect_schema()["outcome"]
    except pl.exceptions.ColumnNotFoundError as error:
        known = ", ".join(columns)
        whose = "neither events nor labels have" if problem.labels else "the events do not have"
        return (f"{expr!r} reads a column that {whose}: {error}", f"Use {known}")
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return (f"{expr!r} is no SQL expression: {reason}", "Write it as in SELECT: a > 15")
    wanted, remedy = problem.kind.wanted(problem.target.classes)
    text = kind == pl.String
    suits = (
        not kind.is_float() and not kind.is_temporal()
        if problem.target.classes
        else kind.is_numeric() or (kind == pl.Boolean and problem.task == "binary")
    )
    if suits:
        return None
    return (f"{expr!r} gives {'text' if text else str(kind)}; outcomes are {wanted}", remedy)
