"""Use case: rows posted over HTTP, events or labels, land as a file, and from there go the way of
every file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ghosteam.aws.objects import Objects
from ghosteam.documents import keys
from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.problem.load import find_problem
from ghosteam.problem.spec import Problem
from ghosteam.runtime.calls import HttpRequest
from ghosteam.serving.events import parse_events
from ghosteam.serving.labels import parse_labels
from ghosteam.serving.packed import unpacked
from ghosteam.serving.posted_rows import MAX_BODY_BYTES
from ghosteam.serving.scopes import require


@dataclass(frozen=True)
class Kind:
    """Rows that may be posted: how a request's body is read as rows, and the name of the data set
    that they are of.
    """

    parse: Callable[[bytes, Problem], Sequence[JsonObject]]
    dataset: Callable[[Problem], str | None]


EVENTS = Kind(parse_events, lambda problem: problem.events_name)
LABELS = Kind(parse_labels, lambda problem: problem.labels_name)
"""A label that states null withdraws what was stated of its event before."""


@dataclass(frozen=True)
class Posting:
    """The problem that rows are posted to, and the request's body as the gateway gives it.
    ``packed``: what the client says that it packed it with.
    """

    problem: str
    body: str
    base64_encoded: bool = False
    packed: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Posting:
        """What a request posts. Raises Forbidden where its token may not write to the problem."""
        problem = request["pathParameters"]["problem"]
        require(request, "write", problem)
        return cls(
            problem,
            request.get("body") or "",
            bool(request.get("isBase64Encoded")),
            request.get("headers", {}).get("content-encoding", ""),
        )


def accept_rows(
    kind: Kind,
    posting: Posting,
    *,
    landing: Objects,
    problems: Mapping[str, Problem],
    now: datetime,
) -> dict[str, object]:
    """Write the rows of a request to the landing bucket as JSON lines; returns ``{"accepted": rows,
    "key": landing key}``.

    A request that is sent again changes nothing, since a file is known by its content. The key
    begins with the time of the request, so that corrections within one second have an order, see
    :meth:`ghosteam.aws.batches.BatchLedger.active`.

    Raises:
        NotFound: there is no such problem, or it has no such rows.
        TooLarge: the body or the number of rows is over the limit.
        InvalidInput: the body is not what is asked for; ``where`` names the row and the field.
    """
    problem = find_problem(problems, posting.problem)
    body = unpacked(_decoded(posting), posting.packed, limit=MAX_BODY_BYTES)
    rows = kind.parse(body, problem)
    lines = "".join(
        json.dumps(row, sort_keys=True, allow_nan=False) + "\n" for row in rows
    ).encode()
    content = hashlib.sha256(lines).hexdigest()[:32]
    dataset = kind.dataset(problem)
    assert dataset is not None, "labels of a problem without them cannot be parsed"
    name = f"api-{now:%Y%m%dT%H%M%S.%fZ}-{content}.jsonl"
    key = keys.landed(posting.problem, dataset, name)
    landing.put(key, lines, content_type="application/x-ndjson")
    return {"accepted": len(rows), "key": key}


def _decoded(posting: Posting) -> bytes:
    if not posting.base64_encoded:
        return posting.body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(posting.body, validate=True)
    except ValueError as error:
        raise InvalidInput(
            f"The body is not base64: {error}", remedy="Send JSON as text"
        ) from error
