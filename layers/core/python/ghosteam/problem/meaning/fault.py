"""A fault of a specification and its place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what to do; ``place`` is the path of the field in the file."""

    place: tuple[str | int, ...]
    message: str
    remedy: str = "Fix the field"


def a_kind(kind: str) -> str:
    """``an integer``, ``a string``."""
    return f"{'an' if kind == 'integer' else 'a'} {kind}"
