"""CloudFormation refuses a property that a resource's schema does not know; ministack passes it
over.

The table beside this module has the properties of the types that this project deploys, from the
public schemas; other types are not looked at.
"""

import json
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from local.account import seams

_TABLE = Path(__file__).with_name("cloudformation_properties.json")
Tree = dict[str, Any]


def install() -> None:
    """Look at a resource's properties before it is made or changed."""
    from ministack.services.cloudformation import provisioners

    handlers = seams.require(provisioners, "_RESOURCE_HANDLERS")
    for kind, known in json.loads(_TABLE.read_text()).items():
        if kind in handlers:
            handler = handlers[kind]
            checked = {"create": _create(handler["create"], known)}
            if "update" in handler:
                checked["update"] = _update(handler["update"], known)
            handlers[kind] = {**handler, **checked}


def unknown_properties(properties: Any, known: Tree | None, place: str = "#") -> Iterator[str]:
    """The properties that the schema does not know, in CloudFormation's words."""
    if known is None:
        return
    if isinstance(properties, list):
        for number, item in enumerate(properties):
            yield from unknown_properties(item, known, f"{place}/{number}")
    elif isinstance(properties, dict):
        for name, value in properties.items():
            if name not in known:
                yield f"{place}: extraneous key [{name}] is not permitted"
            else:
                yield from unknown_properties(value, known[name], f"{place}/{name}")


def _check(logical_id: str, properties: Any, known: Tree) -> None:
    if faults := list(unknown_properties(properties, known)):
        raise ValueError(
            f"Properties validation failed for resource {logical_id} with message: "
            f"{'; '.join(faults)}"
        )


def _create(original: Callable[..., Any], known: Tree) -> Callable[..., Any]:
    @wraps(original)
    def create(logical_id: str, properties: dict[str, Any], *more: Any, **named: Any) -> Any:
        _check(logical_id, properties, known)
        return original(logical_id, properties, *more, **named)

    return create


def _update(original: Callable[..., Any], known: Tree) -> Callable[..., Any]:
    @wraps(original)
    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], *more: Any, **named: Any
    ) -> Any:
        _check(physical_id, new, known)
        return original(physical_id, old, new, *more, **named)

    return update
