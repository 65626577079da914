"""What the columns of ``problem.yaml`` demand of single values.

Pandera would find the same, at a fixed price for each part of a file; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from ghosteam.problem.datasets import Column, Dataset

NOT_NULL = "not_nullable"
GIVE_A_VALUE = "Give a value, or declare the column nullable"


@dataclass(frozen=True)
class RuleFailure:
    """A broken rule: ``index`` of the row in the checked frame; ``column`` is null when the rule is
    about the whole row.
    """

    index: int
    column: str | None
    rule: str
    remedy: str


@dataclass(frozen=True)
class DeclaredRules:
    """The rules of a data set's columns: null only where that is allowed, bounds, and values. A
    null breaks no other rule.
    """

    dataset: Dataset

    def failures(self, frame: pl.DataFrame) -> Iterator[RuleFailure]:
        """Every broken rule; ``frame`` has the columns in their types."""
        for name, column in self.dataset.columns.items():
            for broken, rule, remedy in _rules(frame[name], column):
                for index in broken.arg_true():
                    yield RuleFailure(index, name, rule, remedy)


def _rules(values: pl.Series, column: Column) -> Iterator[tuple[pl.Series, str, str]]:
    """By rule: where it is broken, what it says, what to do."""
    if not column.nullable:
        yield values.is_null(), NOT_NULL, GIVE_A_VALUE
    if column.min is not None:
        least = f"{column.min:g}"
        yield values < column.min, f"at least {least}", f"Give {least} or more"
    if column.max is not None:
        most = f"{column.max:g}"
        yield values > column.max, f"at most {most}", f"Give {most} or less"
    if column.values is not None:
        told = ", ".join(column.values)
        yield ~values.is_in([*column.values]), f"one of {told}", f"Use one of {told}"
