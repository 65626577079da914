"""Derived features read what is there before the outcome, in no circle, and suit a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError

from ghosteam.problem.derivation import in_order, kinds_of_reads
from ghosteam.problem.derived import Derived
from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.expressions.kinds import Kind
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.meaning.fault import Diagnostic, a_kind
from ghosteam.problem.spec import EVENT_TIME, Problem


def derived_references(problem: Problem) -> Iterator[Diagnostic]:
    """Names that expressions read stand somewhere, and no feature follows from itself. What is
    looked up is checked with ``features.join``.
    """
    named = [derived.name for derived in problem.features.derived]
    windows = [name for window in problem.features.windows for name in window.features]
    for number, derived in enumerate(problem.features.derived):
        place = ("features", "derived", number)
        if derived.name in named[:number]:
            yield Diagnostic(
                (*place, "name"), f"{derived.name!r} is another derived feature's name"
            )
        for read in derived.expression.reads:
            known = (*problem.events.columns, EVENT_TIME, *windows, *named)
            if not read.dataset and read.name not in known:
                yield Diagnostic((*place, "expr"), *_unknown(problem, derived, read.name, known))
    try:
        in_order(problem.features)
    except CycleError as error:
        circle = error.args[1][::-1]
        number = min(named.index(name) for name in circle)
        yield Diagnostic(
            ("features", "derived", number, "expr"),
            f"{named[number]!r} follows from itself: {' reads '.join(circle)}",
            "Derive one of them from columns alone",
        )


def derived(problem: Problem) -> Iterator[Diagnostic]:
    """Functions are given kinds of values that they take, and features are numbers, booleans or
    texts.
    """
    kinds = kinds_of_reads(problem)
    for number, one in enumerate(problem.features.derived):
        place = ("features", "derived", number, "expr")
        try:
            kind = one.expression.kind(kinds)
        except Unreadable as error:
            yield Diagnostic(place, f"{one.expr!r}: {error.message}", error.remedy)
            continue
        if kind == "timestamp":
            yield Diagnostic(
                place,
                f"{one.expr!r} gives a time: a model learns from numbers, booleans and texts",
                "Write extract(hour FROM …), or the difference of two extract(epoch FROM …)",
            )
        elif kind is None and not _unclear(one, kinds):
            yield Diagnostic(place, f"{one.expr!r} is always null", "Write what it is otherwise")
        elif one.categorical and kind == "number":
            yield Diagnostic(
                (*place[:3], "categorical"),
                f"{one.name!r} is {a_kind(kind)}: a category is an integer, a boolean or a string",
                "Round it: floor(…)",
            )


def _unclear(derived: Derived, kinds: Mapping[Read, Kind]) -> bool:
    """Whether it reads another that is at fault itself, or null."""
    return any(kinds[read] is None for read in derived.expression.reads)


def _unknown(
    problem: Problem, derived: Derived, name: str, known: tuple[str, ...]
) -> tuple[str, str]:
    """What is wrong with a name, and what to do."""
    if name == problem.target.name:
        return (
            f"{derived.expr!r} reads {name!r}, the outcome that is to be predicted",
            "Write a window over it for what was known of earlier events, and read that",
        )
    if problem.labels and name in problem.labels.columns:
        return (
            f"{derived.expr!r} reads {name!r}, which labels tell after a prediction is asked",
            "Write a window over the target for what was known of earlier events, and read that",
        )
    dataset, _, column = name.partition("__")
    if column and dataset in problem.datasets:
        return f"{derived.expr!r} reads no column {name!r}", f"Write {dataset}.{column}"
    holding = [d for d, found in problem.datasets.items() if name in found.columns]
    if holding:
        return (
            f"{derived.expr!r} reads {name!r}, which is looked up in {holding[0]}",
            f"Write {holding[0]}.{name}",
        )
    return (
        f"{derived.expr!r} reads {name!r}: no column of {problem.events_name!r}, no window and no "
        "derived feature is called so",
        f"Names are {', '.join(known)}",
    )
