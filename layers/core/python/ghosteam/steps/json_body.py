"""The JSON body of an HTTP request, with the faults that FastAPI finds in one."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ghosteam.errors import InvalidInput


async def json_body(request: Request) -> object:
    """The parsed body; what a body without content or with other content is refused with.

    Raises:
        RequestValidationError: it is not JSON.
        InvalidInput: it is no text, or nested too deeply.
    """
    content = await request.body()
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
