"""The JSON body of an HTTP request, with the faults that FastAPI finds in one."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ghosteam.errors import InvalidInput
from ghosteam.problem.meaning.invalid import in_words
from ghosteam.serving.packed import unpacked


async def json_body(request: Request, *, limit: int) -> object:
    """The parsed body; what a body without content or with other content is refused with. It may
    be packed, and unpacks to at most ``limit`` bytes.

    Raises:
        RequestValidationError: it is not JSON.
        InvalidInput: it is no text, nested too deeply, or cannot be unpacked.
    """
    encoding = request.headers.get("content-encoding", "")
    content = unpacked(await request.body(), encoding, limit=limit)
    if not content:
        missing = {"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}
        raise RequestValidationError([missing])
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        fault = {
            "type": "json_invalid",
            "loc": ("body", error.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        raise RequestValidationError([fault]) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"The body cannot be read: {error}",
            remedy="Send a JSON object in UTF-8 with content-type application/json",
        ) from error


def as_of_body(error: ValidationError) -> RequestValidationError:
    """The same faults, placed in the body."""
    return RequestValidationError(
        [{**found, "loc": ("body", *found["loc"])} for found in error.errors(include_url=False)]
    )


def fault_of(found: ErrorDetails) -> InvalidInput:
    """A fault that FastAPI found, with the row and field that it is in."""
    _, *place = found["loc"]
    if found["type"] == "json_invalid":
        message, remedy = (
            f"The body is not JSON: {found['ctx']['error']}",
            "Send a JSON object with content-type application/json",
        )
        return InvalidInput(message, where={"position": place[0]} if place else {}, remedy=remedy)
    where: dict[str, object] = {}
    if place[:1] == ["instances"] and len(place) > 1:
        where["row"] = place[1]
        place = place[2:]
    if place:
        where["field"] = str(place[0])
    return InvalidInput(in_words(found["msg"]), where=where, remedy=_remedy(found["type"]))


def _remedy(kind: str) -> str:
    return {
        "missing": "Add the field",
        "extra_forbidden": "Remove the field: it is no column of a request, or it is known too "
        "late to be one",
        "too_short": "Send at least one row",
        "too_long": "Split the rows over several requests",
    }.get(kind, "Fix the value; /docs has the type of each field")
