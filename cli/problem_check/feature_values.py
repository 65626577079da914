"""The features of one event, and how often each is missing or says too much."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from cli.infer.leaks import TELLS
from cli.infer.strength import strengths
from cli.problem_check.told import Line, Mark
from ghosteam.data.derive import TARGET
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem

_LOOK = 0.85
_MISSING = 0.5
_SHOWN = 40
_CONSTANT = 3


def one_event(frame: pl.DataFrame, problem: Problem, entity: dict[str, str] | None) -> pl.DataFrame:
    """The newest row of an entity, or of all.

    Raises:
        InvalidInput: there is none, or a column is none of the entity's.
    """
    found = frame
    for name, text in (entity or {}).items():
        if name not in problem.naming_columns:
            known = ", ".join(problem.naming_columns)
            raise InvalidInput(
                f"{name!r} names no event",
                where={"option": "--entity"},
                remedy=f"Write {known}, as in --entity {problem.naming_columns[0]}=…",
            )
        found = found.filter(pl.col(name).cast(pl.String) == text)
    if found.is_empty():
        raise InvalidInput(
            "There is no such event among those that are learned from or judged by",
            where={"option": "--entity"},
            remedy="Name one of the files' rows",
        )
    return found.tail(1)


def preview(frame: pl.DataFrame, row: pl.DataFrame, problem: Problem) -> list[Line]:
    """Each feature's value in ``row``, and the share of ``frame`` that lacks it."""
    named = ", ".join(f"{name} {row[name][0]}" for name in problem.naming_columns)
    lines = [Line(" ", f"of {named}:")]
    for name in problem.feature_names[:_SHOWN]:
        lacks = frame[name].null_count() / max(1, frame.height)
        mark: Mark = "!" if lacks > _MISSING else " "
        private = name in problem.private_features
        value = "(private)" if private else _shown(row[name][0])
        lines.append(
            Line(mark, f"  {name} = {value}" + (f"; {lacks:.0%} of rows lack it" if lacks else ""))
        )
    if len(problem.feature_names) > _SHOWN:
        lines.append(Line(" ", f"  and {len(problem.feature_names) - _SHOWN} more"))
    return lines


def leaks(frame: pl.DataFrame, problem: Problem) -> list[Line]:
    """Features that say the outcome by themselves: a tree of one column, judged on other rows."""
    found = list(_leaks(frame, problem))
    number = len(problem.feature_names)
    return found or [Line("✓", f"none of the {number} features says the outcome by itself")]


def _leaks(frame: pl.DataFrame, problem: Problem) -> Iterator[Line]:
    constant: list[str] = []
    outcome = frame[TARGET].cast(pl.Float64).to_numpy()
    classes = problem.kind.class_count(problem.target.classes)
    for name in problem.feature_names:
        known = frame[name].drop_nulls()
        if known.n_unique() < 2:
            all_rows = "null" if known.is_empty() else _shown(known[0])
            constant.append(f"{name} is {all_rows}")
            continue
        told = min(strengths(frame[name], outcome, numbers=not classes))
        if told >= TELLS:
            yield Line(
                "✗",
                f"{name} says {told:.0%} of the outcome by itself: if it is known only afterwards, "
                "write it under exclude",
            )
        elif told >= _LOOK:
            yield Line("!", f"{name} says {told:.0%} of the outcome by itself: known before?")
    if constant:
        some, more = ", ".join(constant[:_CONSTANT]), len(constant) - _CONSTANT
        which = f"{some}, and {more:,} more are the same" if more > 0 else some
        yield Line("!", f"{which} in all rows: no model learns from it")


def _shown(value: object) -> str:
    if value is None:
        return "null"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)
