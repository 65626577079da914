"""A specification as JSON, read otherwise at some places."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from itertools import count, islice
from typing import Final

from ghosteam.json_object import JsonObject
from ghosteam.problem.features import Place

GONE: Final = object()
"""Instead of a value: none stands there."""
Changes = Mapping[Place, object]
"""What is read at places of a specification instead of what it says there."""


def at(document: object, place: Place) -> object:
    """What stands at a place."""
    for part in place:
        holds = isinstance(document, dict) and part in document
        if isinstance(document, list) and isinstance(part, int):
            holds = part < len(document)
        if not holds:
            return GONE
        document = document[part]  # type: ignore[index]
    return document


def changed(document: JsonObject, changes: Changes) -> JsonObject:
    """A copy of ``document`` with the ``changes``."""
    copy = deepcopy(document)
    for place in sorted(changes, reverse=True):  # An item after others first: these keep theirs.
        holder, value, last = at(copy, place[:-1]), changes[place], place[-1]
        if value is GONE and at(copy, place) is not GONE:
            assert isinstance(holder, dict | list)
            del holder[last]  # type: ignore[arg-type]
        elif value is not GONE and isinstance(holder, dict):
            holder[last] = deepcopy(value)
    return copy


def original(place: Place, changes: Changes) -> Place:
    """Where what is at a place after the ``changes`` stands without them."""
    found: Place = ()
    for part in place:
        kept = (number for number in count() if changes.get((*found, number)) is not GONE)
        found = (*found, next(islice(kept, part, None)) if isinstance(part, int) else part)
    return found


def related(one: Place, other: Place) -> bool:
    """Whether one place is the other or a part of it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
