"""Any expression beside what a naive reader computes of it, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
EXACT = 2**53


class Beyond(Exception):
    """SQL over columns of fixed types would give another value: infinite, NaN, or not exact."""


@dataclass(frozen=True)
class Written:
    """``text`` of an expression, and its value for a row. ``naive`` may raise Beyond where it is
    ``strict``; otherwise such a value is null.
    """

    text: str
    naive: Callable[[Row, bool], Any]


def _undefined(strict: bool) -> None:
    if strict:
        raise Beyond


def _checked(value: Any, strict: bool) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return _undefined(strict)
    if strict and isinstance(value, int) and abs(value) > EXACT:
        raise Beyond
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**63 else value


def _arithmetic(sign: str, a: Any, b: Any, strict: bool) -> Any:
    if a is None or b is None:
        return None
    if sign in "/%" and b == 0:
        return _undefined(strict)
    try:
        if sign == "/":
            return _checked(a / b, strict)
        if sign == "%":
            whole = isinstance(a, int) and isinstance(b, int)
            if not whole:
                return _checked(math.fmod(a, b), strict)
            return abs(a) % abs(b) * (-1 if a < 0 else 1)
        return _checked({"+": a + b, "-": a - b, "*": a * b}[sign], strict)
    except OverflowError:
        return _undefined(strict)


def _compared(sign: str, a: Any, b: Any) -> bool | None:
    if a is None or b is None:
        return None
    return {"=": a == b, "<>": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]


def _and(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


def _root(a: Any, strict: bool) -> Any:
    if a is None:
        return None
    return _undefined(strict) if a < 0 else math.sqrt(a)


def _two(a: Written, sign: str, b: Written, compute: Callable[[Any, Any, bool], Any]) -> Written:
    return Written(
        f"({a.text} {sign} {b.text})",
        lambda row, strict: compute(a.naive(row, strict), b.naive(row, strict), strict),
    )


def _case(when: Written, then: Written, otherwise: Written) -> Written:
    def naive(row: Row, strict: bool) -> Any:
        values = [one.naive(row, strict) for one in (when, then, otherwise)]
        return values[1] if values[0] else values[2]

    return Written(f"CASE WHEN {when.text} THEN {then.text} ELSE {otherwise.text} END", naive)


def _first(a: Written, b: Written) -> Written:
    def naive(row: Row, strict: bool) -> Any:
        left, right = a.naive(row, strict), b.naive(row, strict)
        return right if left is None else left

    return Written(f"coalesce({a.text}, {b.text})", naive)


def _size(a: Written) -> Written:
    def naive(row: Row, strict: bool) -> Any:
        value = a.naive(row, strict)
        return None if value is None else _checked(abs(value), strict)

    return Written(f"abs({a.text})", naive)


LEAVES = (
    *(Written(name, lambda row, _, name=name: row[name]) for name in ("i", "j", "x", '"y z"')),
    *(Written(str(n), lambda _, __, n=n: n) for n in (0, 1, 7)),
    Written("25e-1", lambda _, __: 2.5),
)
SIGNS = "+-*/%"


@st.composite
def numbers(draw: st.DrawFn, deep: int = 3) -> Written:
    """Expressions of numbers, ``deep`` levels at most."""
    kind = draw(st.sampled_from(["leaf", *SIGNS, "coalesce", "case", "abs", "sqrt"]))
    if kind == "leaf" or not deep:
        return draw(st.sampled_from(LEAVES))
    a = draw(numbers(deep - 1))
    if kind == "abs":
        return _size(a)
    if kind == "sqrt":
        return Written(f"sqrt({a.text})", lambda row, strict: _root(a.naive(row, strict), strict))
    b = draw(numbers(deep - 1))
    if kind == "coalesce":
        return _first(a, b)
    if kind == "case":
        return _case(draw(conditions(deep - 1)), a, b)
    return _two(a, kind, b, lambda left, right, strict: _arithmetic(kind, left, right, strict))


@st.composite
def conditions(draw: st.DrawFn, deep: int = 3) -> Written:
    """Comparisons of numbers, joined by AND, OR and NOT."""
    compared = ["=", "<>", "<", "<=", ">", ">="]
    kind = draw(st.sampled_from(["column", *compared, "null", "AND", "OR", "NOT"]))
    if kind == "column" or not deep:
        return Written("b", lambda row, _: row["b"])
    if kind in ("AND", "OR", "NOT"):
        a = draw(conditions(deep - 1))
        if kind == "NOT":
            return Written(f"(NOT {a.text})", lambda row, strict: _not(a.naive(row, strict)))
        b = draw(conditions(deep - 1))
        if kind == "AND":
            return _two(a, kind, b, lambda left, right, _: _and(left, right))
        return _two(a, kind, b, lambda left, right, _: _not(_and(_not(left), _not(right))))
    a = draw(numbers(deep - 1))
    if kind == "null":
        return Written(f"({a.text} IS NULL)", lambda row, strict: a.naive(row, strict) is None)
    b = draw(numbers(deep - 1))
    return _two(a, kind, b, lambda left, right, _: _compared(kind, left, right))


NUMBERS, CONDITIONS = numbers(), conditions()
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "i": st.none() | st.integers(-1000, 1000),
            "j": st.none() | st.integers(-3, 3) | st.sampled_from([2**62, -(2**63)]),
            "x": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "y z": st.none() | st.sampled_from([0.0, -1.5, 0.25, 1e308]),
            "b": st.none() | st.booleans(),
        }
    ).map(lambda row: {**row, '"y z"': row["y z"]}),
    min_size=1,
    max_size=6,
)
