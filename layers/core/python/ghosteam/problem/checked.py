"""All faults of a specification at once: what rests on a fault is not looked at, all else is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count, islice

from pydantic import ValidationError

from ghosteam.json_object import JsonObject
from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Fault
from ghosteam.problem.meaning.faults import faults_of
from ghosteam.problem.meaning.invalid import invalid
from ghosteam.problem.meaning.references import references
from ghosteam.problem.spec import Problem

Check = Callable[[Problem], Iterable[Fault]]
_SECTIONS = frozenset({"sources", "model", "promote", "decide", "serve", "watch", "retrain"})
"""Fields that a problem can do without, and that hardly anything rests on."""
_LISTS = (
    *(("features", name) for name in ("request", "join", "windows", "derived")),
    ("exclude",),
    ("promote", "slices"),
)
"""Lists that can do without an item."""
_RESTS_ON = {"watch": "features", "promote": "features", "holdout": "retrain"}
"""Fields whose faults may follow from another field's."""


def nothing_else(_: Problem) -> Iterable[Fault]:
    """No more faults than those of the grammar."""
    return ()


def checked(document: JsonObject, also: Check) -> tuple[Problem | None, list[Fault]]:
    """What ``document`` describes, and everything that is wrong with it, by ``also`` too."""
    try:
        problem = Problem.model_validate(document)
    except ValidationError as error:
        found = [invalid(one) for one in error.errors()]
    else:
        return problem, _meant(problem, also)
    spoilt = {str(fault.place[0]) if fault.place else "" for fault in found}
    if spoilt & {"", *Problem.model_fields} <= _SECTIONS:
        sound = {name: value for name, value in document.items() if name not in spoilt}
        with suppress(ValidationError):
            found += _not_of(spoilt, _meant(Problem.model_validate(sound), also))
    return None, found


def _meant(problem: Problem, also: Check) -> list[Fault]:
    """What is wrong with a problem whose fields are of the right form."""
    found = left = list(references(problem))
    spoilt, sound = set[Place](), problem
    while left:
        items = [_item(_original(fault.place, spoilt)) for fault in left]
        spoilt.update(item for item in items if item)
        if None in items:
            return found
        sound = _without(problem, spoilt)
        left = list(references(sound))
    fields = {str(item[0]) for item in spoilt}
    more = [*faults_of(sound)]
    told = {fault.place for fault in (*found, *more)}
    more += [fault for fault in also(sound) if fault.place not in told]
    after = [fault for fault in more if _RESTS_ON.get(str(fault.place[0])) not in fields]
    return found + [Fault(_original(one.place, spoilt), one.message, one.remedy) for one in after]


def _not_of(spoilt: set[str], faults: Iterable[Fault]) -> list[Fault]:
    """The faults that do not follow from what was left out for its own."""
    return [
        fault
        for fault in faults
        if not spoilt & {str(fault.place[0]), _RESTS_ON.get(str(fault.place[0]))}
    ]


def _item(place: Place) -> Place | None:
    """What can be left out for a fault at ``place``, if anything can."""
    for path in _LISTS:
        if place[: len(path)] == path and len(place) > len(path):
            return place[: len(path) + 1]
    return place[:1] if place[0] in _SECTIONS else None


def _original(place: Place, spoilt: set[Place]) -> Place:
    """The place in the file of one in a problem without the ``spoilt`` items."""
    for end, part in enumerate(place):
        if isinstance(part, int):
            kept = (number for number in count() if (*place[:end], number) not in spoilt)
            return (*place[:end], next(islice(kept, part, None)), *place[end + 1 :])
    return place


def _without(problem: Problem, spoilt: set[Place]) -> Problem:
    """The problem without items of its lists, and with defaults for whole sections."""

    def kept(values: tuple[object, ...], *path: str) -> tuple[object, ...]:
        return tuple(one for number, one in enumerate(values) if (*path, number) not in spoilt)

    features = {
        name: kept(getattr(problem.features, name), "features", name)
        for name in ("request", "join", "windows", "derived")
    }
    update: JsonObject = {
        "features": problem.features.model_copy(update=features),
        "exclude": kept(problem.exclude, "exclude"),
        "promote": problem.promote.model_copy(
            update={"slices": kept(problem.promote.slices, "promote", "slices")}
        ),
    }
    for name in _SECTIONS:
        if (name,) in spoilt:
            update[name] = Problem.model_fields[name].get_default(call_default_factory=True)
    return problem.model_copy(update=update)
