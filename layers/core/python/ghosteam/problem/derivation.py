"""How the derived features of a problem follow from an event's other values: the one computation
that training sets, batches and requests share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.expressions.expression import taken
from ghosteam.problem.expressions.fault import Unreadable
from ghosteam.problem.expressions.functions import Column
from ghosteam.problem.expressions.kinds import Kind
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.reserved import EVENT_TIME
from ghosteam.problem.text_values import MAX_TEXT

if TYPE_CHECKING:
    from ghosteam.problem.derived import Derived
    from ghosteam.problem.features import Features
    from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class ColumnRead:
    """Where a value that is read stands beside an event, by the name of its column there."""

    column: str
    kind: ColumnKind


def column_read(read: Read, problem: Problem) -> ColumnRead:
    """That of what is read and not derived, in a problem in which there is such a thing."""
    if read.dataset:
        kind = problem.datasets[read.dataset].columns[read.name].type
        return ColumnRead(f"{read.dataset}__{read.name}", kind)
    if read.name == EVENT_TIME:
        return ColumnRead(read.name, "timestamp")
    column = problem.events.columns.get(read.name)
    return ColumnRead(read.name, column.type if column else "number")  # A window has no column.


def in_order(features: Features) -> tuple[Derived, ...]:
    """Derived features, each after those that it reads.

    Raises:
        graphlib.CycleError: one follows from itself; ``args[1]`` are names from it to itself.
    """
    named = {derived.name: derived for derived in features.derived}
    reads = {
        name: [
            read.name for read in one.expression.reads if not read.dataset and read.name in named
        ]
        for name, one in named.items()
    }
    return tuple(named[name] for name in TopologicalSorter(reads).static_order())


def kinds_of_reads(problem: Problem) -> dict[Read, Kind]:
    """The kinds of what derived features read, and of themselves; None where there is no telling,
    since an expression is at fault or always null.
    """
    features = problem.features
    kinds: dict[Read, Kind] = {read: column_read(read, problem).kind for read in features.reads}
    for derived in in_order(features):
        try:
            kinds[Read(derived.name)] = derived.expression.kind(kinds)
        except Unreadable:
            kinds[Read(derived.name)] = None
    return kinds


def derived_values(
    problem: Problem, given: Callable[[str], Column], rows: int
) -> dict[str, list[float | str | None]]:
    """The problem's derived features of ``rows`` events: numbers, 0 and 1 for booleans, texts.

    ``given``: a column beside the events by its name (see :class:`ColumnRead`), as files,
    requests or features have its values. A text that is longer than a feature may be is null.
    """
    features = problem.features
    columns: dict[Read, Column] = {}
    for read in features.reads:
        source = column_read(read, problem)
        columns[read] = taken(source.kind, given(source.column))
    for derived in in_order(features):
        values = derived.expression.values(columns, rows)
        columns[Read(derived.name)] = list(map(_short, values))
    return {one.name: list(map(_feature, columns[Read(one.name)])) for one in features.derived}


def _short(value: Any) -> Any:
    return None if isinstance(value, str) and len(value) > MAX_TEXT else value


def _feature(value: Any) -> float | str | None:
    return value if value is None or isinstance(value, str) else float(value)
