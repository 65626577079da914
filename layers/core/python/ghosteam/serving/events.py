"""The body of a request that sends events: what it may hold, and what of it is refused at once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from ghosteam.errors import InvalidInput
from ghosteam.json_object import JsonObject
from ghosteam.problem.spec import Problem
from ghosteam.serving.posted_rows import MAX_ROWS, read_rows, rows_of_body, typed_row
from ghosteam.serving.request import row_model, title_of

_BODY = 'Send {"events": [{"<column>": <value>, …}, …]}'
_REMEDIES = {
    "missing": "Add the field",
    "extra_forbidden": "Remove the field: events have no such column",
}


def event_model(problem: Problem) -> type[BaseModel]:
    """The model of one event. Texts that neither features nor names are made of may be of any
    length, as in files.
    """
    title, events = f"{title_of(problem)}Event", problem.events
    return row_model(title, events, events.columns, short=problem.request_columns)


def events_model(problem: Problem) -> type[BaseModel]:
    """The model of ``{"events": [row, …]}``: rows of the events' data set, with columns that are
    known too late for a request.
    """
    event = event_model(problem)
    rows = Annotated[
        list[event],  # type: ignore[valid-type]
        Field(min_length=1, max_length=MAX_ROWS),
    ]
    title = f"{title_of(problem)}Events"
    return create_model(title, __config__=ConfigDict(extra="forbid"), events=(rows, ...))


def parse_events(body: bytes, problem: Problem) -> list[JsonObject]:
    """The events of a request body as they were sent. Their values are of their columns' types;
    what a contract asks of them is checked later.

    Raises:
        TooLarge: the body, or the number of events, is over the limit.
        InvalidInput: the body is not what is asked for; ManyFaults with the row and the field of
            each fault.
    """
    model = event_model(problem)
    return read_rows(rows_of_body(body, "events", _BODY), lambda row: _event(row, model))


def _event(row: Any, model: type[BaseModel]) -> JsonObject:
    if not isinstance(row, dict):
        raise InvalidInput("An event is not an object", remedy=_BODY)
    typed_row(row, model, _REMEDIES)
    return row
