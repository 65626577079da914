"""The body of a request that sends events, or labels: what it may hold, and what of it is refused
at once.
"""

from __future__ import annotations

import json
from typing import Any

from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.json_object import JsonObject
from ghosteam.problem.finite_json import loads
from ghosteam.problem.spec import Problem

MAX_BODY_BYTES = 4_000_000
MAX_EVENTS = 10_000
EVENTS_REMEDY = 'Send {"events": [{"<column>": <value>, …}, …]}'


def parse_events(body: bytes, problem: Problem) -> list[JsonObject]:
    """The events of a request body; each must name its required columns and no unknown ones. Values
    are checked later.
    """
    events = rows_of_body(body, "events", EVENTS_REMEDY)
    for number, event in enumerate(events):
        _check_event(number, event, problem)
    return events


def rows_of_body(body: bytes, field: str, remedy: str) -> list[Any]:
    """What stands under ``field``, a list of 1 to ``MAX_EVENTS``, in a JSON object; ``remedy`` says
    what the body must be.
    """
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(
            f"The body has {len(body)} bytes, more than {MAX_BODY_BYTES}",
            remedy=f"Send fewer {field} at a time",
        )
    try:
        document = loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The body is not JSON: {error}", remedy=remedy) from error
    rows = document.get(field) if isinstance(document, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(f"The body holds no {field}", where={"field": field}, remedy=remedy)
    if len(rows) > MAX_EVENTS:
        raise TooLarge(
            f"The body holds {len(rows)} {field}, more than {MAX_EVENTS}",
            remedy=f"Send fewer {field} at a time",
        )
    return rows


def _check_event(number: int, event: Any, problem: Problem) -> None:
    field = f"events.{number}"
    if not isinstance(event, dict):
        raise InvalidInput(
            "An event is not an object", where={"field": field}, remedy=EVENTS_REMEDY
        )
    columns = problem.events.columns
    for name, value in event.items():
        if name not in columns:
            known = ", ".join(columns)
            raise InvalidInput(
                "An event has an unknown field",
                where={"field": f"{field}.{name}"},
                remedy=f"Known fields: {known}",
            )
        if isinstance(value, dict | list):
            raise InvalidInput(
                "A value is not a scalar",
                where={"field": f"{field}.{name}"},
                remedy="Send text or a number",
            )
    missing = [
        name for name, column in columns.items() if not column.nullable and event.get(name) is None
    ]
    if missing:
        raise InvalidInput(
            f"An event lacks {', '.join(missing)}",
            where={"field": f"{field}.{missing[0]}"},
            remedy="Give these fields",
        )
