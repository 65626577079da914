"""What was changed from one definition of a problem to another, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from ghosteam.problem.definition import written
from ghosteam.problem.spec import Problem

_NAMED = "name"


def differences(before: Problem, after: Problem) -> tuple[str, ...]:
    """A line for each field that differs: where it is, what it was, what it is now."""
    return tuple(_differ("", written(before), written(after)))


def _differ(place: str, before: object, after: object) -> Iterator[str]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            below = f"{place}.{name}" if place else str(name)
            if name not in before:
                yield f"{below}: added, {_told(after[name])}"
            elif name not in after:
                yield f"{below}: removed, it was {_told(before[name])}"
            else:
                yield from _differ(below, before[name], after[name])
    elif _is_list(before) and _is_list(after):
        yield from _of_lists(place, before, after)
    else:
        yield f"{place}: {_told(before)} is now {_told(after)}"


def _of_lists(place: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    """Members by their names, or as they are; their order where nothing else differs."""
    named = all(isinstance(one, Mapping) and _NAMED in one for one in (*before, *after))
    if named:
        old, new = ({one[_NAMED]: one for one in members} for members in (before, after))
        yield from _differ(place, old, new)
        return
    added = [one for one in after if one not in before]
    removed = [one for one in before if one not in after]
    yield from (f"{place}: {_told(one)} added" for one in added)
    yield from (f"{place}: {_told(one)} removed" for one in removed)
    if not added and not removed:
        yield f"{place}: in another order"


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _told(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items()) or "nothing"
    if _is_list(value):
        return ", ".join(_told(one) for one in value) or "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)
