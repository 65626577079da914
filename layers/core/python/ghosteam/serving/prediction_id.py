"""A prediction's id leads to its event: it holds the columns by which a label names the event.

So an outcome can be sent under it without a search of the log. It holds nothing that is not in the
log: columns that name an event, or tell its time, cannot be private. It is no secret and proves
nothing: who may write labels may name any event. The check at its end, over the problem's name too,
finds ids that were cut, mistyped, or given for another problem.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem

_CHECK = 12
_REMEDY = "Send the prediction_id as the answer gave it, or the columns that name the event"


def prediction_id(problem: Problem, row: Mapping[str, object], *, unique: str) -> str:
    """The id of a prediction for ``row``, which has the columns of ``Problem.label_key``;
    ``unique``: letters and digits that no other prediction has.
    """
    named = {name: _plain(row[name]) for name in problem.label_key}
    text = json.dumps(named, ensure_ascii=False, separators=(",", ":")).encode()
    held = base64.urlsafe_b64encode(text).decode().rstrip("=")
    return f"{unique}.{held}.{_check(problem.problem, unique, held)}"


def event_of(id: str, problem: Problem) -> JsonObject:
    """The columns that name the event of a prediction, as JSON has them; times are ISO 8601.

    Raises:
        InvalidInput: it is no id of a prediction of this problem, or of one that named its events
            by other columns.
    """
    unique, *rest = id.split(".")
    if len(rest) != 2 or rest[1] != _check(problem.problem, unique, rest[0]):
        raise InvalidInput(f"It is no id of a prediction of {problem.problem}", remedy=_REMEDY)
    padded = rest[0] + "=" * (-len(rest[0]) % 4)
    named: JsonObject = json.loads(base64.urlsafe_b64decode(padded))
    if tuple(named) != problem.label_key:
        raise InvalidInput(
            f"The prediction's event was named by {', '.join(named)}, and events are named by "
            f"{', '.join(problem.label_key)} now",
            remedy="Send the columns that name the event",
        )
    return named


def _check(problem: str, unique: str, held: str) -> str:
    return hashlib.sha256(f"{problem}.{unique}.{held}".encode()).hexdigest()[:_CHECK]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
