"""Whether SQL expressions can be read and give what they are for, before there are data: the
task's outcome in ``target.expr``, yes or no in a window's ``where``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from ghosteam.data.convert import TYPES
from ghosteam.errors import InvalidInput
from ghosteam.problem.datasets import Column
from ghosteam.problem.load import FILE_NAME, line_of_field
from ghosteam.problem.spec import Problem

Place = tuple[str | int, ...]
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`""")
_OF_ROWS = re.compile(
    r"\b(over|avg|mean|sum|count|min|max|first|last|first_value|last_value|median|quantile_cont|"
    r"quantile_disc|stddev|stdev|stddev_samp|stdev_samp|variance|var|var_samp|corr|covar|covar_pop|"
    r"covar_samp|array_agg|string_agg|listagg|unnest|lag|lead|row_number|rank|dense_rank)\s*\(",
    re.IGNORECASE,
)
"""Polars' SQL functions of several rows. Source: Polars' user guide on SQL, aggregate and window
functions.
"""


def check_targets(problems: Mapping[str, Problem], repository: Path) -> list[InvalidInput]:
    """What is wrong with the expressions of the problems in ``repository``."""
    faults = []
    for name, problem in problems.items():
        for place, message, remedy in _faults(problem):
            where = {
                "file": f"{name}/{FILE_NAME}",
                "line": line_of_field(repository / name / FILE_NAME, place),
                "field": ".".join(map(str, place)),
            }
            faults.append(InvalidInput(message, where=where, remedy=remedy))
    return faults


def _faults(problem: Problem) -> Iterator[tuple[Place, str, str]]:
    """Place, message and remedy."""
    whose = "neither events nor labels have" if problem.labels else "the events do not have"
    try:
        kind = _kind_of(problem.target.expr, problem.target_columns, whose)
    except _Unreadable as error:
        yield ("target", "expr"), error.message, error.remedy or "Write it as in SELECT: a > 15"
    else:
        if message := _no_outcome(kind, problem):
            yield ("target", "expr"), message, problem.kind.wanted(problem.target.classes)[1]
    for number, window in enumerate(problem.features.windows):
        place, remedy = ("features", "windows", number, "where"), "Write it as in WHERE: amount > 0"
        if window.where is None:
            continue
        try:
            kind = _kind_of(window.where, problem.events.columns, "the events do not have")
        except _Unreadable as error:
            yield place, error.message, error.remedy or remedy
        else:
            if kind != pl.Boolean:
                yield place, f"{window.where!r} gives {_named(kind)}, not true or false", remedy


def reads_other_rows(expr: str) -> bool:
    """Whether a SQL expression gives for a row what follows from others too."""
    return _OF_ROWS.search(_QUOTED.sub("''", expr)) is not None


class _Unreadable(Exception):
    """``remedy``: None where the place knows one."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def _kind_of(expr: str, columns: Mapping[str, Column], whose: str) -> pl.DataType:
    """The type of what an expression gives for rows of ``columns``.

    Raises:
        _Unreadable: it reads another column (``whose``: that who does not have), or other rows, or
            is no expression.
    """
    rows = pl.LazyFrame(schema={name: TYPES[column.type] for name, column in columns.items()})
    try:
        kind = rows.select(pl.sql_expr(expr).alias("outcome")).collect_schema()["outcome"]
    except pl.exceptions.ColumnNotFoundError as error:
        known = f"Use {', '.join(columns)}"
        raise _Unreadable(f"{expr!r} reads a column that {whose}: {error}", known) from error
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise _Unreadable(f"{expr!r} is no SQL expression: {reason}") from error
    if reads_other_rows(expr):
        raise _Unreadable(
            f"{expr!r} reads other rows than its own: which these are depends on what landed",
            "Write an expression of one row's columns, without sum, avg or over",
        )
    return kind


def _no_outcome(kind: pl.DataType, problem: Problem) -> str | None:
    """What is wrong with outcomes of a type."""
    suits = (
        not kind.is_float() and not kind.is_temporal()
        if problem.target.classes
        else kind.is_numeric() or (kind == pl.Boolean and problem.task == "binary")
    )
    if suits:
        return None
    wanted, _ = problem.kind.wanted(problem.target.classes)
    return f"{problem.target.expr!r} gives {_named(kind)}; outcomes are {wanted}"


def _named(kind: pl.DataType) -> str:
    return "text" if kind == pl.String else str(kind)
