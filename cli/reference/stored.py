"""The page of the stored documents: fields and types as the dataclasses have them, meaning as their
docstrings tell it.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import re
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime

from typing_extensions import is_typeddict

from ghosteam import documents
from ghosteam.documents.stored import FORM, Stored

PAGE = "documents.md"
_ROLE = re.compile(r":(?:mod|class|func):`~?([^`]+)`")


def kinds() -> list[type[Stored]]:
    """Every document that is stored, in the order of the alphabet."""
    names = (f"{documents.__name__}.{one.name}" for one in pkgutil.iter_modules(documents.__path__))
    found = (value for name in names for value in vars(importlib.import_module(name)).values())
    forms = {one for one in found if inspect.isclass(one) and issubclass(one, Stored)}
    return sorted(forms - {Stored}, key=lambda form: form.kind)


def page() -> str:
    """The page, as Markdown."""
    lines = [
        "# Stored documents",
        "",
        "Made by `./ghosteam reference` from `ghosteam/documents/`. Each document says its form in "
        f"`{FORM}`; older forms are brought up to date as they are read "
        "(`documents/upgrades.py`), newer ones are refused. Times are ISO-8601 in UTC. Where each "
        "lies: [architecture](architecture.md).",
    ]
    parts: dict[str, type[object]] = {}
    for form in kinds():
        lines += ["", f"## {form.kind[0].upper()}{form.kind[1:]}", "", _meaning(form), ""]
        lines += [f"Form {form.schema_version}.", "", *_table(form, parts)]
    lines += ["", "## Parts of documents"]
    told: set[str] = set()
    while later := {name: part for name, part in parts.items() if name not in told}:
        for name, part in sorted(later.items()):
            told.add(name)
            lines += ["", f"### {name}", "", _meaning(part), "", *_table(part, parts)]
    return "\n".join(lines) + "\n"


def _table(form: type[object], parts: dict[str, type[object]]) -> Iterator[str]:
    yield "| field | type |"
    yield "|---|---|"
    hints = typing.get_type_hints(form)
    stored = hints if is_typeddict(form) else _names_of(form)
    for name in stored:
        yield f"| `{name}` | {_told(hints[name], parts)} |"


def _names_of(form: type[object]) -> list[str]:
    return [field.name for field in dataclasses.fields(typing.cast("typing.Any", form))]


def _told(hint: typing.Any, parts: dict[str, type[object]]) -> str:
    inside = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{value}`" for value in inside)
    if typing.get_origin(hint) in (tuple, list):
        return f"list of {_told(inside[0], parts)}"
    if typing.get_origin(hint) in (dict, typing.get_origin(Mapping[str, str])):
        return f"object, {_told(inside[1], parts)} by name"
    if inside:
        return " or ".join(_told(one, parts) for one in inside)
    if dataclasses.is_dataclass(hint) or is_typeddict(hint):
        found = typing.cast("type[object]", hint)
        if issubclass(found, Stored):
            return f"[{found.kind}](#{found.kind.replace(' ', '-')})"
        parts.setdefault(found.__name__, found)
        return f"[{found.__name__}](#{found.__name__.lower()})"
    words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if hint in (object, typing.Any):
        return "any value"
    return {**words, type(None): "null", datetime: "time"}[hint]


def _meaning(form: type[object]) -> str:
    text = " ".join(inspect.cleandoc(form.__doc__ or "").split())
    return _ROLE.sub(lambda found: f"`{found[1]}`", text).replace("``", "`")
