"""Kinds of values: those of columns, and None for a null that could be of any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ghosteam.problem.datasets import ColumnKind
from ghosteam.problem.expressions.fault import Unreadable

Kind = ColumnKind | None
KindRule = Callable[[str, Sequence[Kind]], Kind]
"""The kind of a function's value from its name and the kinds of its arguments. Raises Unreadable
when it does not take them.
"""
NUMERIC: tuple[Kind, ...] = ("integer", "number")
_REMEDIES = {
    "boolean": "Write CASE WHEN … THEN 1 ELSE 0 END to count with a boolean",
    "timestamp": "Write extract(epoch FROM …) for the seconds of a time since 1970",
}


def told(kinds: Sequence[Kind]) -> str:
    """``an integer and a string``."""
    return " and ".join(
        "null" if kind is None else f"{'an' if kind == 'integer' else 'a'} {kind}" for kind in kinds
    )


def common(function: str, kinds: Sequence[Kind]) -> Kind:
    """The one kind that all values are of; an integer among numbers is one."""
    known = [kind for kind in kinds if kind is not None]
    if all(kind in NUMERIC for kind in known):
        return "number" if "number" in known else ("integer" if known else None)
    if len(set(known)) == 1:
        return known[0]
    raise Unreadable(
        f"{function} takes values of one kind, not {told(kinds)}",
        "Bring both to one kind: '…' are texts, and what stands without quotes are names",
    )


def numbers(function: str, kinds: Sequence[Kind]) -> Kind:
    """A number of numbers."""
    _only(function, kinds, NUMERIC, "numbers")
    return "number"


def whole_of_whole(function: str, kinds: Sequence[Kind]) -> Kind:
    """A number of numbers; of integers an integer."""
    _only(function, kinds, NUMERIC, "numbers")
    return "number" if "number" in kinds else "integer"


def whole(function: str, kinds: Sequence[Kind]) -> Kind:
    """An integer of numbers."""
    _only(function, kinds, NUMERIC, "numbers")
    return "integer"


def rounded(function: str, kinds: Sequence[Kind]) -> Kind:
    """An integer of a number; with places after the point, a second number, a number."""
    _only(function, kinds[:1], NUMERIC, "a number")
    _only(function, kinds[1:], ("integer",), "a whole number of places")
    return "number" if len(kinds) > 1 else "integer"


def truth(function: str, kinds: Sequence[Kind]) -> Kind:
    """True or false of booleans."""
    _only(function, kinds, ("boolean",), "true or false", "Compare it: amount > 0")
    return "boolean"


def compared(function: str, kinds: Sequence[Kind]) -> Kind:
    """True or false of values of one kind."""
    common(function, kinds)
    return "boolean"


def anything(function: str, kinds: Sequence[Kind]) -> Kind:
    """True or false of any value."""
    return "boolean"


def texts(function: str, kinds: Sequence[Kind]) -> Kind:
    """Text of texts."""
    _only(function, kinds, ("string",), "texts", "Put a text in single quotes")
    return "string"


def length(function: str, kinds: Sequence[Kind]) -> Kind:
    """An integer of a text."""
    texts(function, kinds)
    return "integer"


def begins(function: str, kinds: Sequence[Kind]) -> Kind:
    """True or false of two texts."""
    texts(function, kinds)
    return "boolean"


def part_of_text(function: str, kinds: Sequence[Kind]) -> Kind:
    """Text of a text and whole numbers."""
    texts(function, kinds[:1])
    _only(function, kinds[1:], ("integer",), "whole numbers after the text")
    return "string"


def part_of_time(function: str, kinds: Sequence[Kind]) -> Kind:
    """An integer of a time, and of a zone's name."""
    return _of_time(function, kinds, "integer")


def seconds(function: str, kinds: Sequence[Kind]) -> Kind:
    """A number of a time."""
    return _of_time(function, kinds, "number")


def chosen(function: str, kinds: Sequence[Kind]) -> Kind:
    """One kind of a CASE: conditions and values in turn, and what else it is at the end."""
    truth("WHEN", kinds[:-1:2])
    return common(function, [*kinds[1:-1:2], kinds[-1]])


def matched(function: str, kinds: Sequence[Kind]) -> Kind:
    """One kind of a CASE of a value: what it may equal and values in turn, and what else it is."""
    common("CASE", [kinds[0], *kinds[1:-1:2]])
    return common("CASE", [*kinds[2:-1:2], kinds[-1]])


def _of_time(function: str, kinds: Sequence[Kind], gives: Kind) -> Kind:
    remedy = "Name a timestamp column, or event_time"
    _only(function, kinds[:1], ("timestamp",), "a time", remedy)
    return gives


def _only(
    function: str, kinds: Sequence[Kind], taken: Sequence[Kind], what: str, remedy: str = ""
) -> None:
    for kind in kinds:
        if kind is not None and kind not in taken:
            raise Unreadable(
                f"{function} takes {what}, not {told(kinds)}",
                remedy or _REMEDIES.get(kind, "Name columns of numbers"),
            )
