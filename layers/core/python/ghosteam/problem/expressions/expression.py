"""An expression: what it reads, what kind its value is of, and its values for rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.expressions.functions import FUNCTIONS, Column, Value, finite
from ghosteam.problem.expressions.kinds import Kind
from ghosteam.problem.expressions.parser import parse
from ghosteam.problem.expressions.tree import Constant, Node, Read, reads_of
from ghosteam.problem.moments import EPOCH

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Expression:
    """Made by :func:`expression_of`."""

    tree: Node

    @cached_property
    def reads(self) -> tuple[Read, ...]:
        """What it reads, each once."""
        return reads_of(self.tree)

    def kind(self, kinds: Mapping[Read, Kind]) -> Kind:
        """The kind of its value, from those of what it reads; None where it is always null.

        Raises:
            Unreadable: a function does not take the kinds that it is given.
        """
        return _kind(self.tree, kinds)

    def values(self, columns: Mapping[Read, Column], rows: int) -> list[Value]:
        """Its value for each of ``rows`` rows: bool, int, float (finite), str, or None.

        ``columns`` hold a value a row of each that it reads, as :func:`taken` gives them.
        """
        return _values(self.tree, columns, rows)


@lru_cache(maxsize=10_000)
def expression_of(text: str) -> Expression:
    """The expression that a text is. Raises Unreadable when it is none."""
    return Expression(parse(text))


def taken(kind: ColumnKind, values: Column) -> list[Value]:
    """A column as expressions take it, from what a file, a request or a feature has there: a
    feature's booleans are 0 and 1, its times microseconds since 1970. What is no finite number is
    null.
    """
    convert = _TAKEN[kind]
    return [None if value is None else convert(value) for value in values]


def _integer(value: float) -> int | float | None:
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    return finite(value)


def _number(value: float) -> int | float | None:
    return finite(float(value))


def _moment(value: float | datetime) -> int | None:
    if isinstance(value, datetime):
        return (value - EPOCH) // _MICROSECOND
    return int(value) if finite(value) is not None else None


_TAKEN: dict[ColumnKind, Callable[[Any], Value]] = {
    "integer": _integer,
    "number": _number,
    "boolean": bool,
    "string": str,
    "timestamp": _moment,
}


def _kind(node: Node, kinds: Mapping[Read, Kind]) -> Kind:
    if isinstance(node, Read):
        return kinds[node]
    if isinstance(node, Constant):
        return _kind_of_value(node.value)
    below = [_kind(one, kinds) for one in node.arguments]
    return FUNCTIONS[node.function].kind(node.function.removeprefix("unary "), below)


def _kind_of_value(value: object) -> Kind:
    kinds: tuple[tuple[type, ColumnKind], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
    )
    return next((kind for type, kind in kinds if isinstance(value, type)), None)


def _values(node: Node, columns: Mapping[Read, Column], rows: int) -> list[Value]:
    if isinstance(node, Read):
        return list(columns[node])
    if isinstance(node, Constant):
        return [node.value] * rows
    return FUNCTIONS[node.function].values([_values(one, columns, rows) for one in node.arguments])
