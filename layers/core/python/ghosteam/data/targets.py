"""Whether SQL expressions can be read and give what they are for, before there are data: the
task's outcome in ``target.expr``, yes or no in a window's ``where``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import polars as pl

from ghosteam.data.convert import TYPES
from ghosteam.problem.datasets import Column
from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.spec import Problem

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


def expression_faults(problem: Problem) -> Iterator[Diagnostic]:
    """What is wrong with the SQL expressions of a problem."""
    whose = "neither events nor labels have" if problem.labels else "the events do not have"
    try:
        kind = _kind_of(problem.target.expr, problem.target_columns, whose)
    except _Unreadable as error:
        remedy = error.remedy or "Write it as in SELECT: a > 15"
        yield Diagnostic(("target", "expr"), error.message, remedy)
    else:
        if message := _no_outcome(kind, problem):
            remedy = problem.kind.wanted(problem.target.classes)[1]
            yield Diagnostic(("target", "expr"), message, remedy)
    for number, window in enumerate(problem.features.windows):
        place: Place = ("features", "windows", number, "where")
        remedy = "Write it as in WHERE: amount > 0"
        if window.where is None:
            continue
        try:
            counted = problem.counted_by(window)
            whose = "the events do" if counted == problem.events_name else f"{counted} does"
            kind = _kind_of(window.where, problem.datasets[counted].columns, f"{whose} not have")
        except _Unreadable as error:
            yield Diagnostic(place, error.message, error.remedy or remedy)
        else:
            if kind != pl.Boolean:
                told = f"{window.where!r} gives {_named(kind)}, not true or false"
                yield Diagnostic(place, told, remedy)


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
    rows = pl.DataFrame(schema={name: TYPES[column.type] for name, column in columns.items()})
    try:
        kind = rows.select(pl.sql_expr(expr).alias("outcome")).schema["outcome"]
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
        else kind.is_numeric() or (kind == pl.Boolean and problem.kind.learns == "binary")
    )
    if suits:
        return None
    wanted, _ = problem.kind.wanted(problem.target.classes)
    return f"{problem.target.expr!r} gives {_named(kind)}; outcomes are {wanted}"


def _named(kind: pl.DataType) -> str:
    return "text" if kind == pl.String else str(kind)
