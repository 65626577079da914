"""Of what kinds the features of a problem are, and which of them may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.problem.aggregates import AGGREGATES
from ghosteam.problem.datasets import Column
from ghosteam.problem.derivation import column_read, in_order, kinds_of_reads
from ghosteam.problem.expressions.tree import Read
from ghosteam.problem.window import Window

if TYPE_CHECKING:
    from ghosteam.problem.spec import Problem


def text_features(problem: Problem) -> tuple[str, ...]:
    """Features that are texts, and looked-up texts that derived features or keys alone read."""
    columns = (name for name, one in _columns(problem).items() if one.type == "string")
    kinds = kinds_of_reads(problem) if problem.features.derived else {}
    derived = (one.name for one in problem.features.derived if kinds[Read(one.name)] == "string")
    return (*columns, *derived)


def categorical_features(problem: Problem) -> tuple[str, ...]:
    """Features that are categories: texts, and what is declared so."""
    declared = {name for name, one in _columns(problem).items() if one.categorical}
    declared |= {one.name for one in problem.features.derived if one.categorical}
    categories = {*text_features(problem), *declared}
    return tuple(name for name in problem.feature_names if name in categories)


def private_features(problem: Problem) -> frozenset[str]:
    """Features that come from a private column. A window of numbers is one where they are of such a
    column, or of a target that reads one; a share or a count of rows tells no value.
    """
    columns = {name for name, one in _columns(problem).items() if one.private}
    windows = {
        name
        for window in problem.features.windows
        if _tells_private(window, problem)
        for name in window.features
    }
    private = columns | windows
    told = {name for name, one in problem.events.columns.items() if one.private} | private
    for derived in in_order(problem.features):
        read = {column_read(one, problem).column for one in derived.expression.reads}
        if read & told:
            told.add(derived.name)
            private.add(derived.name)
    return frozenset(private)


def _tells_private(window: Window, problem: Problem) -> bool:
    """Whether a window is made of private numbers."""
    if AGGREGATES.find(window.aggregate).of != "numbers":
        return False
    if value := problem.window_value(window):
        columns = problem.datasets[problem.counted_by(window)].columns
        return value in columns and columns[value].private
    told = {name for name, column in problem.target_columns.items() if column.private}
    return problem.kind.learns != "binary" and bool(told & problem.target.words)


def _columns(problem: Problem) -> dict[str, Column]:
    """The columns that are features, or that are looked up for one, by the feature's name."""
    columns = {name: problem.events.columns[name] for name in problem.features.request}
    for _, join in problem.joins:
        dataset, _, column = join.partition(".")
        columns[_joined(join)] = problem.datasets[dataset].columns[column]
    return columns


def _joined(join: str) -> str:
    return join.replace(".", "__")
