"""A fault of a specification and its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ghosteam.problem.features import Place


@dataclass(frozen=True)
class Diagnostic:
    """What is wrong, and what to do; ``place`` is the path of the field in the file."""

    place: Place
    message: str
    remedy: str = "Fix the field"


def a_kind(kind: str) -> str:
    """``an integer``, ``a string``."""
    return f"{'an' if kind == 'integer' else 'a'} {kind}"


def numbered(values: Sequence[str], *field: str | int) -> Iterator[tuple[Place, str]]:
    """Each value of a list with its place."""
    return (((*field, number), value) for number, value in enumerate(values))
