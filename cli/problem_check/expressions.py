"""Expressions of the specification on the columns of real rows."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from cli.column_statistics import ends, greatest, least, middle
from cli.problem_check.told import Line
from ghosteam.data.derive import KNOWN_AT, TARGET, untimed_outcomes
from ghosteam.problem.spec import EVENT_TIME, Problem

_RARE = 20


def check_expressions(events: pl.DataFrame, problem: Problem) -> list[Line]:
    """``events``: as they stand, with ``event_time``, ``target`` and ``known_at``."""
    return [*_times(events, problem), *_outcomes(events, problem)]


def _times(events: pl.DataFrame, problem: Problem) -> list[Line]:
    if not problem.timed:
        return [Line("✓", f"{events.height:,} events without a time")]
    times = events[EVENT_TIME]
    first, last = ends(times)
    days = times.dt.date().n_unique()
    lines = [
        Line(
            "✓",
            f"event_time = {problem.event_time}: {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} "
            f"UTC, {events.height:,} events on {days:,} days",
        )
    ]
    known = events.drop_nulls([TARGET, KNOWN_AT])
    wait = (known[KNOWN_AT] - known[EVENT_TIME]).median()
    early = int((known[KNOWN_AT] < known[EVENT_TIME]).sum())
    if isinstance(wait, timedelta):
        lines.append(
            Line("✓", f"known_at = {problem.target.known_at}: {_long(wait)} after an event, mostly")
        )
    if early:
        lines.append(
            Line("✗", f"known_at lies before the event in {early:,} rows: correct target.known_at")
        )
    if untimed := int(untimed_outcomes(events, problem).sum()):
        text = f"{untimed:,} rows state an outcome and not when it was known: it counts as unknown"
        remedy = "fill in the columns of target.known_at, or make it of others"
        lines.append(Line("!", f"{text}; {remedy}"))
    return lines


def _long(wait: timedelta) -> str:
    hours = wait.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours"


def _outcomes(events: pl.DataFrame, problem: Problem) -> list[Line]:
    known = events[TARGET].drop_nulls()
    expr = f"{problem.target.name} = {problem.target.expr}"
    missing = events.height - known.len()
    without = f"; {missing:,} rows have no outcome" if missing else ""
    if not known.len():
        return [Line("✗", f"{expr}: no row has an outcome")]
    classes = problem.kind.class_count(problem.target.classes)
    if not classes:
        told = f"{least(known):.4g} to {greatest(known):.4g}, median {middle(known):.4g}{without}"
        same = known.n_unique() < 2
        return [Line("✗" if same else "✓", f"{expr}: {told}")]
    names = problem.target.classes or ("0", "1")
    counts = [int((known == place).sum()) for place in range(classes)]
    shares = ", ".join(
        f"{name} {count:,} ({count / known.len():.1%})"
        for name, count in zip(names, counts, strict=True)
    )
    lines = [Line("✓" if sum(map(bool, counts)) > 1 else "✗", f"{expr}: {shares}{without}")]
    rare = [name for name, count in zip(names, counts, strict=True) if count < _RARE]
    if rare:
        lines.append(Line("!", f"outcomes that come fewer than {_RARE} times: {', '.join(rare)}"))
    return lines
