"""Which faults follow from what was read otherwise, or may."""

from __future__ import annotations

from collections.abc import Iterator

from ghosteam.json_object import JsonObject
from ghosteam.problem.features import Place
from ghosteam.problem.meaning.fault import Diagnostic
from ghosteam.problem.reading.changes import GONE, Changes, at, related
from ghosteam.problem.reading.stand_ins import named_events
from ghosteam.problem.target import words_of

_RESTS: tuple[tuple[Place, tuple[Place, ...]], ...] = (
    (("target", "classes"), (("target",), ("promote", "metric"))),
    (("target", "matures"), (("target", "absent"), ("features", "online_for"))),
    (("holdout",), (("features", "online_for"),)),
    (("retrain", "train_window"), (("holdout",),)),
    (("retrain", "min_train"), (("holdout",),)),
)
"""Fields, and those whose faults may follow from them."""
_OF_FEATURES: tuple[Place, ...] = (("features", "derived"), ("promote", "slices"), ("watch",))
_SETTINGS = ("clock", "online_for")
"""Fields of ``features`` that are no list of them."""
_A_DATA_SET, _AN_ITEM = 2, 3
"""How deep a data set and a feature are."""


def follows(fault: Diagnostic, changes: Changes, document: JsonObject) -> bool:
    """Whether the fault is of what was changed, or of what rests on it."""
    resting = [place for spoilt in changes for place in _resting(spoilt, changes)]
    return (
        any(related(fault.place, spoilt) for spoilt in changes)
        or any(fault.place[: len(place)] == place for place in resting)
        or any(_names_events(fault.place, spoilt, document) for spoilt in changes)
        or _names_what_is_gone(fault.place, changes, document)
    )


def _resting(spoilt: Place, changes: Changes) -> Iterator[Place]:
    for place, resting in _RESTS:
        if related(spoilt, place):
            yield from resting
    if spoilt[0] == "features" and len(spoilt) < _AN_ITEM and spoilt[-1] not in _SETTINGS:
        yield from _OF_FEATURES
    if spoilt[0] == "datasets" and spoilt[_A_DATA_SET:][:1] == ("through",):
        yield (*spoilt[:_A_DATA_SET], "key")
    if spoilt[0] == "datasets" and len(spoilt) == _A_DATA_SET and changes[spoilt] is GONE:
        yield ("target",)


def _names_events(place: Place, spoilt: Place, document: JsonObject) -> bool:
    """Whether labels name events there, by what is spoilt."""
    events = named_events(document)
    of_events = spoilt[:2] == ("datasets", events) and spoilt[2:3] != ("columns",)
    if spoilt[0] not in ("entities", "event_time") and not of_events:
        return False
    of_labels = at(document, (*place[:2], "role")) == "labels" and place[2:3] == ("columns",)
    theirs = events is None or at(document, ("datasets", events, "columns", *place[3:4]))
    return of_labels and theirs is not GONE


def _names_what_is_gone(place: Place, changes: Changes, document: JsonObject) -> bool:
    value = at(document, place)
    words = {*map(str, place), *(words_of(value) if isinstance(value, str) else ())}
    return any(
        word == name or word.startswith(f"{name}_")
        for spoilt in changes
        for name in _gone(spoilt, changes, document)
        for word in words
    )


def _gone(spoilt: Place, changes: Changes, document: JsonObject) -> list[str]:
    """Names that nothing may have any more: of a data set, or of a feature."""
    if spoilt[0] == "datasets" and len(spoilt) == _A_DATA_SET and changes[spoilt] is GONE:
        return [str(spoilt[1])]
    if spoilt[0] != "features" or len(spoilt) < _AN_ITEM:
        return []
    value = at(document, spoilt[:_AN_ITEM])
    if isinstance(value, dict):
        named = [value["name"]] if "name" in value else list(value.values())
        return [name for name in named if isinstance(name, str)]
    return [str(value), str(value).replace(".", "__")]
