"""All faults of a specification at once.

A specification is looked at in steps: the form of fields, names that exist, meaning. Where a step
finds faults, what is at fault is read as something sound, and the next step looks at that. It is
read in every way that it may be meant (a column of a misspelt type in every type): what is wrong
whichever is meant is a fault, what only follows from one of the ways is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ghosteam.json_object import JsonObject
from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.meaning.faults import faults_of
from ghosteam.problem.meaning.invalid import invalid
from ghosteam.problem.meaning.references import references
from ghosteam.problem.reading.changes import GONE, Changes, at, changed, original, related
from ghosteam.problem.reading.follows import follows
from ghosteam.problem.reading.stand_ins import can_go, stand_ins
from ghosteam.problem.spec import Problem

Check = Callable[[Problem], Iterable[Diagnostic]]
_MOST_WAYS = 6
"""In which something is read."""


def nothing_else(_: Problem) -> Iterable[Diagnostic]:
    """No more faults than those of the grammar."""
    return ()


def checked(document: JsonObject, also: Check) -> tuple[Problem | None, list[Diagnostic]]:
    """What ``document`` describes, and everything that is wrong with it, by ``also`` too."""
    problem, seen = _form(document)
    if problem is not None:
        seen = _meant(problem, also)
    if seen.last:
        return problem, [*seen.faults]
    first = [_ways(document, {}, fault.place) for fault in seen.faults]
    read, number, most = list[_Read](), 0, 1
    while number < min(most, _MOST_WAYS):
        read.append(_read(document, first, number, also))
        most = max(most, read[-1].ways)
        number += 1
    whole = [one.faults for one in read if one.to_the_end] or [one.faults for one in read]
    common = [fault for fault in whole[0] if all(fault in other for other in whole)]
    return None, [*dict.fromkeys((*seen.faults, *common))]


@dataclass(frozen=True)
class _Seen:
    """The faults of the first step that finds any; ``last``: whether it is the last step."""

    faults: Sequence[Diagnostic]
    last: bool = False


@dataclass(frozen=True)
class _Read:
    """What a specification says that is read in one way. ``ways``: how many there are of what is
    read; ``to_the_end``: whether it came through all steps.
    """

    faults: Sequence[Diagnostic]
    ways: int
    to_the_end: bool


def _form(document: JsonObject) -> tuple[Problem | None, _Seen]:
    try:
        return Problem.model_validate(document), _Seen(())
    except ValidationError as error:
        return None, _Seen([invalid(one) for one in error.errors()])


def _meant(problem: Problem, also: Check) -> _Seen:
    """What is wrong with a problem whose fields are of the right form."""
    if found := [*references(problem)]:
        return _Seen(found)
    found = faults_of(problem)
    told = {fault.place for fault in found}
    return _Seen([*found, *(one for one in also(problem) if one.place not in told)], last=True)


def _seen(document: JsonObject, changes: Changes, also: Check) -> _Seen:
    """What is wrong after the ``changes``, where it stands without them."""
    problem, seen = _form(changed(document, changes))
    if problem is not None:
        seen = _meant(problem, also)
    told = [replace(fault, place=original(fault.place, changes)) for fault in seen.faults]
    return replace(seen, faults=told)


def _read(
    document: JsonObject, first: Sequence[Sequence[Changes]], number: int, also: Check
) -> _Read:
    """What is wrong beside the first faults, all of them read in the way ``number``."""
    changes: dict[Place, object] = {}
    faults, most, left = list[Diagnostic](), 1, first
    while True:
        before = {**changes}
        for ways in filter(None, left):
            most = max(most, len(ways))
            changes |= ways[number % len(ways)]
        if changes == before:
            break
        seen = _seen(document, changes, also)
        faults += [one for one in seen.faults if not follows(one, changes, document)]
        if seen.last:
            return _Read(faults, most, to_the_end=True)
        left = [_ways(document, changes, fault.place) for fault in seen.faults]
    return _Read(faults, most, to_the_end=False)


def _ways(document: JsonObject, changes: Changes, place: Place) -> Sequence[Changes]:
    """How what is at fault at ``place`` can be read; of the smallest part of the specification that
    can.
    """
    now = changed(document, changes)
    for end in range(len(place), 0, -1):
        for options in _options(document, now, place[:end]):
            if found := [one for one in options if _sound(document, changes, one, place)]:
                return found[:_MOST_WAYS]
    return []


def _options(document: JsonObject, now: JsonObject, spot: Place) -> Iterator[Sequence[Changes]]:
    """Ways to read a part of the specification: without something inside of it, with something in
    its place, without it.
    """
    value = at(document, spot)
    yield [{(*spot, name): GONE} for name in value] if isinstance(value, dict) else []
    yield stand_ins(now, spot)
    yield [{spot: GONE}] if value is not GONE and can_go(now, spot) else []


def _sound(document: JsonObject, changes: Changes, way: Changes, place: Place) -> bool:
    """Whether nothing is wrong at ``place``, nor with what is read in that ``way``."""
    seen = _seen(document, {**changes, **way}, nothing_else)
    return seen.last or not any(
        place[: len(fault.place)] == fault.place
        or any(related(fault.place, other) for other in way)
        for fault in seen.faults
    )
