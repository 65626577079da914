"""What a specification cannot do without, read in the ways that it may be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import ColumnKind, Dataset
from ghosteam.problem.features import Place
from ghosteam.problem.reading.changes import GONE, Changes, at
from ghosteam.problem.timeexpr import NO_TIME, written_column
from ghosteam.tasks.task import TASKS

_TYPES = get_args(ColumnKind)
_OF_LOOKUPS = frozenset(
    {"role", "of", "id", "key", "time", "every", "origin", "known_after", "static", "through"}
)
_SAY_LOOKUP = ("key", "time", "every", "static", "through")
_A_DATA_SET = 2
"""How deep one is."""
_NO_OUTCOME = "NULL"


def named_events(document: JsonObject) -> str | None:
    """The data set that says it is the events."""
    found = (name for name, dataset in _datasets(document) if dataset.get("role") == "events")
    return next(found, None)


def can_go(document: JsonObject, place: Place) -> bool:
    """Whether something is left to check without what is there: a data set of the events."""
    return (
        place[:1] != ("datasets",)
        or len(place) > _A_DATA_SET
        or named_events(document)
        not in (
            None,
            *place[1:],
        )
    )


def stand_ins(document: JsonObject, place: Place) -> Sequence[Changes]:
    """What may be meant at a place; nothing where that cannot be told."""
    columns = _columns(document, named_events(document))
    match place:
        case ("version",):
            return [{place: 1}]
        case ("problem",):
            return [{place: "problem"}]
        case ("task",):
            return [{place: name} for name in TASKS.names]
        case ("entities",):
            return [{place: {"entity": [name]}} for name in [*columns][:2]]
        case ("event_time",):
            return [{place: text} for text in _times(columns)]
        case ("features",):
            return [{place: {"request": [name]}} for name in [*columns][:2]]
        case ("target",):
            names = _target_names(document, columns)
            return [{place: {"name": name, "expr": _NO_OUTCOME}} for name in names]
        case ("target", "name"):
            return [{place: name} for name in _target_names(document, columns)]
        case ("target", "expr"):
            return [{place: _NO_OUTCOME}]
        case ("features", "windows", _, "over"):
            return [{place: "7d"}]
        case ("datasets",):
            return [{(*place, name): _as_events(dataset)} for name, dataset in _datasets(document)]
        case ("datasets", str(name)):
            return [*_as_dataset(document, name, columns)]
        case ("datasets", str(name), "role"):
            return [{place: "facts"}] if _is_counted(document, name) else []
        case ("datasets", _, "of"):
            return [{place: named_events(document)}]
        case ("datasets", _, "columns", _):
            return [{place: {"type": kind}} for kind in _TYPES]
        case ("datasets", _, "columns", _, "type"):
            return [{place: kind} for kind in _TYPES]
    return []


def _datasets(document: JsonObject) -> list[tuple[str, JsonObject]]:
    """Those that are mappings."""
    found = document.get("datasets")
    named = found.items() if isinstance(found, dict) else ()
    return [(name, dataset) for name, dataset in named if isinstance(dataset, dict)]


def _columns(document: JsonObject, dataset: str | None) -> JsonObject:
    found = at(document, ("datasets", dataset or "", "columns"))
    return found if isinstance(found, dict) else {}


def _as_events(dataset: JsonObject) -> JsonObject:
    known = Dataset.model_fields.keys() - _OF_LOOKUPS
    kept = {name: value for name, value in dataset.items() if name in known}
    return {**kept, "role": "events"}


def _as_dataset(document: JsonObject, name: str, events: JsonObject) -> Iterator[Changes]:
    """A data set as what its fields say that it is: looked up by one of the events' columns, labels
    or the events; as any of them where they do not. As facts where windows count it.
    """
    place: Place = ("datasets", name)
    dataset = at(document, place)
    if not isinstance(dataset, dict):
        return
    if dataset.get("role") == "facts" or _is_counted(document, name):
        yield from _as_facts(place, dataset, _columns(document, name), events)
        return
    looked_up, labels = any(field in dataset for field in _SAY_LOOKUP), "of" in dataset
    as_events = _as_events(dataset)
    if looked_up or not labels:
        unknown = dataset.keys() - Dataset.model_fields.keys()
        without = {(*place, field): GONE for field in dataset.keys() & _OF_LOOKUPS | unknown}
        for key in [key for key in _columns(document, name) if key in events][:2]:
            yield {**without, (*place, "key"): [key], (*place, "static"): True}
    if labels or not looked_up:
        yield {place: {**as_events, "role": "labels", "of": named_events(document)}}
    if looked_up == labels:
        yield {place: as_events}


def _is_counted(document: JsonObject, dataset: str) -> bool:
    """Whether a window counts its rows."""
    return any(window.get("from") == dataset for window in _windows(document))


def _as_facts(
    place: Place, dataset: JsonObject, columns: JsonObject, events: JsonObject
) -> Iterator[Changes]:
    """With every key that it may have, and one of its times."""
    keys = [name for name in columns if name in events]
    for time in _typed(columns, "timestamp")[:2]:
        yield {place: {**_as_events(dataset), "role": "facts", "key": keys, "time": time}}


def _times(columns: JsonObject) -> list[str]:
    """Events have one of their times, or none."""
    named = [written_column(name) for name in _typed(columns, "timestamp")][:2]
    named = named or [f"date({written_column(name)})" for name in _typed(columns, "integer")][:2]
    return [*named, NO_TIME] if named else []


def _typed(columns: Mapping[str, object], kind: str) -> list[str]:
    """Columns of a type."""
    types = {
        name: declared.get("type") if isinstance(declared, dict) else str(declared).rstrip("?")
        for name, declared in columns.items()
    }
    return [name for name, found in types.items() if found == kind]


def _target_names(document: JsonObject, columns: JsonObject) -> list[str]:
    """What windows are of, beside columns; a name that nothing has where there are none."""
    found = [
        value
        for window in _windows(document)
        for field, value in window.items()
        if field not in ("name", "from") and isinstance(value, str) and value.isidentifier()
    ]
    return [*dict.fromkeys(name for name in found if name not in columns)] or ["outcome_of_all"]


def _windows(document: JsonObject) -> list[JsonObject]:
    """Those that are mappings."""
    windows = at(document, ("features", "windows"))
    return [one for one in windows if isinstance(one, dict)] if isinstance(windows, list) else []
