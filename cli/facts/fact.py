"""A sentence about a problem, and the document that it is from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Fact:
    """``document``: the key of what says so, in the state table or a bucket; empty where it is the
    absence of documents that says it.
    """

    text: str
    document: str = ""


Answer = dict[str, list[Fact]]
"""Facts by section."""


def moment(time: datetime | str) -> str:
    """``2013-04-01 03:59``; a text is an ISO time."""
    return f"{datetime.fromisoformat(time) if isinstance(time, str) else time:%Y-%m-%d %H:%M}"


def texts(facts: Iterable[Fact]) -> list[str]:
    """The facts without their documents."""
    return [fact.text for fact in facts]
