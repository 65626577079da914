"""Use case: events posted over HTTP land as a file, and from there go the way of every file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem

MAX_BODY_BYTES = 4_000_000
MAX_EVENTS = 10_000
_REMEDY = 'Send {"events": [{"<column>": <value>, …}, …]}'


def accept_events(
    name: str, body: str, *, base64_encoded: bool, landing: Objects, problems: Mapping[str, Problem], now: datetime
) -> dict[str, Any]:
    """Write the events of a request to the landing bucket; returns ``{"accepted": rows, "key": landing key}``.

    A request that is sent again changes nothing, since a file is known by its content. The key begins with the time of the
    request, so that corrections within one second have an order, see :meth:`ghosteam.aws.batches.BatchLedger.active`.

    Raises:
        NotFound: there is no such problem.
        TooLarge: the body or the number of events is over the limit.
        InvalidInput: the body is not what is asked for; ``where`` names the event.
    """
    problem = find_problem(problems, name)
    events = parse_events(_decoded(body, base64_encoded), problem)
    lines = "".join(json.dumps(event, sort_keys=True, allow_nan=False) + "\n" for event in events).encode()
    key = f"{name}/{problem.events_name}/api-{now:%Y%m%dT%H%M%S.%fZ}-{hashlib.sha256(lines).hexdigest()[:32]}.jsonl"
    landing.put(key, lines, content_type="application/x-ndjson")
    return {"accepted": len(events), "key": key}


def parse_events(body: bytes, problem: Problem) -> list[dict[str, Any]]:
    """The events of a request body; each must name its required columns and no unknown ones. Values are checked later."""
    if len(body) > MAX_BODY_BYTES:
        raise TooLarge(f"The body has {len(body)} bytes, more than {MAX_BODY_BYTES}", remedy="Send fewer events at a time")
    try:
        document = json.loads(body, parse_constant=_no_constant)
        json.dumps(document, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The body is not JSON: {error}", remedy=_REMEDY) from error
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list) or not events:
        raise InvalidInput("The body holds no events", where={"field": "events"}, remedy=_REMEDY)
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"The body holds {len(events)} events, more than {MAX_EVENTS}", remedy="Send fewer events at a time")
    for number, event in enumerate(events):
        _check_event(number, event, problem)
    return events


def _check_event(number: int, event: Any, problem: Problem) -> None:
    field = f"events.{number}"
    if not isinstance(event, dict):
        raise InvalidInput("An event is not an object", where={"field": field}, remedy=_REMEDY)
    columns = problem.events.columns
    for name, value in event.items():
        if name not in columns:
            known = ", ".join(columns)
            raise InvalidInput(
                "An event has an unknown field", where={"field": f"{field}.{name}"}, remedy=f"Known fields: {known}"
            )
        if isinstance(value, dict | list):
            raise InvalidInput("A value is not a scalar", where={"field": f"{field}.{name}"}, remedy="Send text or a number")
    missing = [name for name, column in columns.items() if not column.nullable and event.get(name) is None]
    if missing:
        raise InvalidInput(
            f"An event lacks {', '.join(missing)}", where={"field": f"{field}.{missing[0]}"}, remedy="Give these fields"
        )


def _decoded(body: str, base64_encoded: bool) -> bytes:
    if not base64_encoded:
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise InvalidInput(f"The body is not base64: {error}", remedy=_REMEDY) from error


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
