"""The functions and operators of expressions: which kinds they take, and what they give.

A function computes whole columns, lists of one value a row. Null in gives null out, but for the few
that are about nulls. What has no finite value is null: a division by zero, the root of a negative
number, what is beyond the range of a float. Integers are exact within 64 bits and go on as floats
beyond. So no value fails, and none is NaN or infinite.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ghosteam.problem.expressions import kinds
from ghosteam.problem.expressions.kinds import KindRule
from ghosteam.problem.expressions.times import PARTS, epoch, part

Column = Sequence[Any]
Value = bool | int | float | str | None
"""What an expression gives for a row; floats are finite."""
_INT64 = 2**63


@dataclass(frozen=True)
class Function:
    """``kind``: see :data:`~ghosteam.problem.expressions.kinds.KindRule`; ``values`` computes a
    column from those of the arguments, of which there are ``least`` to ``most`` (None: any number).
    """

    kind: KindRule
    values: Callable[[Sequence[Column]], list[Value]]
    least: int
    most: int | None


def finite(value: float) -> int | float | None:
    """A number as expressions know it: null for what is none, a float for an integer that is too
    large.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if -_INT64 <= value < _INT64 else float(value)


def _strict(
    compute: Callable[..., Any], kind: KindRule, least: int, most: int | None = -1
) -> Function:
    """A function whose value is null where an argument is."""

    def values(columns: Sequence[Column]) -> list[Value]:
        if len(columns) == 1:
            return [None if a is None else compute(a) for a in columns[0]]
        if len(columns) == 2:
            pairs = zip(*columns, strict=True)
            return [None if a is None or b is None else compute(a, b) for a, b in pairs]
        rows = zip(*columns, strict=True)
        return [None if None in row else compute(*row) for row in rows]

    return Function(kind, values, least, least if most == -1 else most)


def _number(compute: Callable[..., Any], kind: KindRule, least: int, most: int = -1) -> Function:
    """A strict function of numbers; what it cannot compute is null."""

    def careful(*arguments: Any) -> Value:
        try:
            return finite(compute(*arguments))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return _strict(careful, kind, least, most)


def _of_row(
    compute: Callable[[Sequence[Any]], Value], kind: KindRule, least: int, most: int | None
) -> Function:
    """A function that looks at the nulls among its arguments itself."""
    return Function(
        kind, lambda columns: [compute(row) for row in zip(*columns, strict=True)], least, most
    )


def _remainder(a: float, b: float) -> float:
    """It has the sign of ``a``, as SQL's."""
    if isinstance(a, int) and isinstance(b, int):
        return int(math.copysign(1, a)) * (abs(a) % abs(b))
    return math.fmod(a, b)


def _rounded(value: float, places: int = 0) -> float:
    """Halves to the even neighbour. More places than a float has change nothing."""
    return round(value, max(-400, min(400, places))) if places else round(value)


def _power(a: float, b: float) -> float:
    return math.pow(a, b)


def _logarithm(value: float, base: float = math.e) -> float:
    exact = {math.e: math.log, 2: math.log2, 10: math.log10}
    return exact[base](value) if base in exact else math.log(value) / math.log(base)


def _all(row: Sequence[object]) -> bool | None:
    return False if False in row else (None if None in row else True)


def _any(row: Sequence[object]) -> bool | None:
    return True if True in row else (None if None in row else False)


def _among(row: Sequence[Value]) -> bool | None:
    value, *listed = row
    if value is None:
        return None
    return True if value in listed else (None if None in listed else False)


def _first(row: Sequence[Value]) -> Value:
    return next((value for value in row if value is not None), None)


def _extreme(choose: Callable[[Any], Value]) -> Callable[[Sequence[Any]], Value]:
    return lambda row: choose(known) if (known := [v for v in row if v is not None]) else None


def _chosen(row: Sequence[Value]) -> Value:
    """The value after the first condition that is true, else the last of all."""
    for place in range(0, len(row) - 1, 2):
        if row[place]:
            return row[place + 1]
    return row[-1]


def _matched(row: Sequence[Value]) -> Value:
    """As ``_chosen``, by what the first value equals."""
    value, *branches = row
    for place in range(0, len(branches) - 1, 2):
        if value is not None and branches[place] == value:
            return branches[place + 1]
    return branches[-1]


def _between(row: Sequence[Any]) -> bool | None:
    value, low, high = row
    if value is None:
        return None
    return _all([None if low is None else low <= value, None if high is None else value <= high])


def _substring(text: str, begin: int, length: int = _INT64) -> str | None:
    """From the ``begin``-th character (1 is the first) on; what lies before the text counts."""
    if length < 0:
        return None
    return text[max(begin - 1, 0) : max(begin - 1 + length, 0)]


_COMPARED = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_A_NUMBER: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "log1p": math.log1p,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "radians": math.radians,
    "degrees": math.degrees,
}

_SIGNS = {
    "+": _number(operator.add, kinds.whole_of_whole, 2),
    "-": _number(operator.sub, kinds.whole_of_whole, 2),
    "*": _number(operator.mul, kinds.whole_of_whole, 2),
    "/": _number(operator.truediv, kinds.numbers, 2),
    "%": _number(_remainder, kinds.whole_of_whole, 2),
    "unary -": _number(operator.neg, kinds.whole_of_whole, 1),
    "||": _strict(operator.add, kinds.texts, 2),
    **{sign: _strict(compute, kinds.compared, 2) for sign, compute in _COMPARED.items()},
}
_TRUTH = {
    "AND": _of_row(_all, kinds.truth, 2, None),
    "OR": _of_row(_any, kinds.truth, 2, None),
    "NOT": _strict(operator.not_, kinds.truth, 1),
    "IN": _of_row(_among, kinds.compared, 2, None),
    "IS NULL": _of_row(lambda row: row[0] is None, kinds.anything, 1, 1),
    "IS TRUE": _of_row(lambda row: row[0] is True, kinds.truth, 1, 1),
    "IS FALSE": _of_row(lambda row: row[0] is False, kinds.truth, 1, 1),
    "BETWEEN": _of_row(_between, kinds.compared, 3, 3),
}
_CHOICES = {
    "CASE": _of_row(_chosen, kinds.chosen, 3, None),
    "CASE OF": _of_row(_matched, kinds.matched, 4, None),
    "coalesce": _of_row(_first, kinds.common, 1, None),
    "nullif": _of_row(lambda row: None if row[0] == row[1] else row[0], kinds.common, 2, 2),
    "least": _of_row(_extreme(min), kinds.common, 1, None),
    "greatest": _of_row(_extreme(max), kinds.common, 1, None),
}
_NUMBERS = {
    **{name: _number(compute, kinds.numbers, 1) for name, compute in _OF_A_NUMBER.items()},
    "log": _number(_logarithm, kinds.numbers, 1, 2),
    "power": _number(_power, kinds.numbers, 2),
    "atan2": _number(math.atan2, kinds.numbers, 2),
    "abs": _number(abs, kinds.whole_of_whole, 1),
    "sign": _number(lambda value: (value > 0) - (value < 0), kinds.whole, 1),
    "floor": _number(math.floor, kinds.whole, 1),
    "ceil": _number(math.ceil, kinds.whole, 1),
    "round": _number(_rounded, kinds.rounded, 1, 2),
}
_TEXTS = {
    "lower": _strict(str.lower, kinds.texts, 1),
    "upper": _strict(str.upper, kinds.texts, 1),
    "length": _strict(len, kinds.length, 1),
    "substr": _strict(_substring, kinds.part_of_text, 2, 3),
    "starts_with": _strict(str.startswith, kinds.begins, 2),
}
_TIMES = {
    **{name: _strict(part(name), kinds.part_of_time, 1, 2) for name in PARTS},
    "epoch": _strict(epoch, kinds.seconds, 1),
}
FUNCTIONS: dict[str, Function] = {
    **_SIGNS,
    **_TRUTH,
    **_CHOICES,
    **_NUMBERS,
    **_TEXTS,
    **_TIMES,
}
"""By name; signs and keywords are those of operators."""
ALIASES = {"pow": "power", "ceiling": "ceil", "substring": "substr", "char_length": "length"}
"""Other names of functions."""
CALLED = tuple(name for name in FUNCTIONS if name.islower() and " " not in name and name != "epoch")
"""What is written as ``name(…)``."""
