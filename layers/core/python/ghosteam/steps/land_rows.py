"""Rows posted over HTTP land as a file, and from there go the way of every file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ghosteam.aws.objects import Objects
from ghosteam.errors import InvalidInput


def land_rows(
    rows: Sequence[Mapping[str, Any]],
    problem: str,
    dataset: str,
    *,
    landing: Objects,
    now: datetime,
) -> dict[str, Any]:
    """Write rows to the landing bucket as JSON lines; returns ``{"accepted": rows, "key": landing
    key}``.

    A request that is sent again changes nothing, since a file is known by its content. The key
    begins with the time of the request, so that corrections within one second have an order, see
    :meth:`ghosteam.aws.batches.BatchLedger.active`.
    """
    lines = "".join(
        json.dumps(row, sort_keys=True, allow_nan=False) + "\n" for row in rows
    ).encode()
    content = hashlib.sha256(lines).hexdigest()[:32]
    key = f"{problem}/{dataset}/api-{now:%Y%m%dT%H%M%S.%fZ}-{content}.jsonl"
    landing.put(key, lines, content_type="application/x-ndjson")
    return {"accepted": len(rows), "key": key}


def decoded(body: str, *, base64_encoded: bool) -> bytes:
    """The bytes of a request's body, as the gateway gives it.

    Raises:
        InvalidInput: it is not the base64 that it is said to be.
    """
    if not base64_encoded:
        return body.encode(errors="surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except ValueError as error:
        raise InvalidInput(
            f"The body is not base64: {error}", remedy="Send JSON as text"
        ) from error
