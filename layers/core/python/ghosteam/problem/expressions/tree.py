"""What an expression is once it is read: values, names, and functions of others. Operators are
functions too, under their signs.
"""

from __future__ import annotations

from dataclasses import dataclass

Scalar = bool | int | float | str | None


@dataclass(frozen=True)
class Constant:
    """A value that the text states."""

    value: Scalar


@dataclass(frozen=True)
class Read:
    """A value that each row has: ``name``, or ``dataset.name`` of what is looked up for it."""

    name: str
    dataset: str | None = None

    def __str__(self) -> str:
        return f"{self.dataset}.{self.name}" if self.dataset else self.name


@dataclass(frozen=True)
class Call:
    """A function of other values, by its name in ``functions.FUNCTIONS``."""

    function: str
    arguments: tuple[Node, ...]


Node = Constant | Read | Call


def reads_of(node: Node) -> tuple[Read, ...]:
    """What a tree reads, each once, in the order of the text."""
    if isinstance(node, Read):
        return (node,)
    below = node.arguments if isinstance(node, Call) else ()
    return tuple(dict.fromkeys(read for one in below for read in reads_of(one)))
