"""Use case: events posted over HTTP land as a file, and from there go the way of every file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.errors import InvalidInput
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.serving.events import EVENTS_REMEDY, parse_events


def accept_events(
    name: str,
    body: str,
    *,
    base64_encoded: bool,
    landing: Objects,
    problems: Mapping[str, Problem],
    now: datetime,
) -> dict[str, Any]:
    """Write the events of a request to the landing bucket; returns ``{"accepted": rows, "key":
    landing key}``.

    A request that is sent again changes nothing, since a file is known by its content. The key
    begins with the time of the request, so that corrections within one second have an order, see
    :meth:`ghosteam.aws.batches.BatchLedger.active`.

    Raises:
        NotFound: there is no such problem.
        TooLarge: the body or the number of events is over the limit.
        InvalidInput: the body is not what is asked for; ``where`` names the event.
    """
    problem = find_problem(problems, name)
    events = parse_events(_decoded(body, base64_encoded), problem)
    lines = "".join(
        json.dumps(event, sort_keys=True, allow_nan=False) + "\n" for event in events
    ).encode()
    content = hashlib.sha256(lines).hexdigest()[:32]
    key = f"{name}/{problem.events_name}/api-{now:%Y%m%dT%H%M%S.%fZ}-{content}.jsonl"
    landing.put(key, lines, content_type="application/x-ndjson")
    return {"accepted": len(events), "key": key}


def _decoded(body: str, base64_encoded: bool) -> bytes:
    if not base64_encoded:
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise InvalidInput(f"The body is not base64: {error}", remedy=EVENTS_REMEDY) from error
