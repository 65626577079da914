"""Rows that are posted, events or labels: the body that holds them, and all that is wrong with them
at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ghosteam.errors import InvalidInput, ManyFaults, TooLarge
from ghosteam.json_object import JsonObject
from ghosteam.problem.finite_json import loads
from ghosteam.problem.meaning.invalid import in_words

MAX_BODY_BYTES = 4_000_000
MAX_ROWS = 10_000


def rows_of_body(body: bytes, field: str, remedy: str) -> list[Any]:
    """What stands under ``field``, a list of 1 to ``MAX_ROWS``, in a JSON object; ``remedy`` says
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
    if len(rows) > MAX_ROWS:
        raise TooLarge(
            f"The body holds {len(rows)} {field}, more than {MAX_ROWS}",
            remedy=f"Send fewer {field} at a time",
        )
    return rows


def read_rows(rows: Sequence[Any], read: Callable[[Any], JsonObject]) -> list[JsonObject]:
    """What ``read`` makes of each row.

    Raises:
        ManyFaults: some cannot be read; each fault names its row, from 0.
    """
    found, faults = list[JsonObject](), list[InvalidInput]()
    for number, row in enumerate(rows):
        try:
            found.append(read(row))
        except ManyFaults as error:
            faults += [_in_row(number, fault) for fault in error.faults]
        except InvalidInput as error:
            faults.append(_in_row(number, error))
    if faults:
        raise ManyFaults(faults)
    return found


def typed_row(row: Any, model: type[BaseModel], remedies: Mapping[str, str]) -> BaseModel:
    """The row as its model has it. ``remedies``: by the kind of fault, as pydantic calls it.

    Raises:
        ManyFaults: each fault names its field.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise ManyFaults([_of_field(found, remedies) for found in error.errors()]) from error


def _of_field(found: ErrorDetails, remedies: Mapping[str, str]) -> InvalidInput:
    remedy = remedies.get(found["type"], "Fix the value; /docs has the type of each field")
    where = {"field": str(found["loc"][0])}
    return InvalidInput(in_words(found["msg"]), where=where, remedy=remedy)


def _in_row(number: int, fault: InvalidInput) -> InvalidInput:
    return InvalidInput(fault.message, where={"row": number, **fault.where}, remedy=fault.remedy)
