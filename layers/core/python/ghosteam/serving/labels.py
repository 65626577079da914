"""The body of a request that sends outcomes: of events by their own names, or by predictions'
ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from ghosteam.errors import InvalidInput, NotFound
from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.spec import Problem
from ghosteam.serving.posted_rows import MAX_ROWS, read_rows, rows_of_body, typed_row
from ghosteam.serving.prediction_id import event_of
from ghosteam.serving.request import row_model, title_of

PREDICTION_ID = "prediction_id"
_REMEDIES = {
    "missing": "Add the field, or name the event by a prediction_id",
    "extra_forbidden": "Remove the field: it is no column of labels",
}


def labels_of(problem: Problem) -> Dataset:
    """The problem's data set of labels.

    Raises:
        NotFound: it has none.
    """
    if problem.labels is None:
        raise NotFound(
            f"{problem.problem!r} has no labels: its outcomes come in the rows of "
            f"{problem.events_name}",
            where={"problem": problem.problem},
            remedy=f"Send the events again, with their outcomes, to /v1/{problem.problem}/events; "
            f"or declare a data set with role: labels, of: {problem.events_name}",
        )
    return problem.labels


def labels_model(problem: Problem) -> type[BaseModel]:
    """The model of ``{"labels": [row, …]}``: each row names its event by the columns of
    ``Problem.label_key`` or by a ``prediction_id``, and states its outcome.
    """
    title, dataset = title_of(problem), labels_of(problem)
    told = [name for name in dataset.columns if name not in problem.label_key]
    named = _named_model(problem, dataset)
    predicted = create_model(
        f"{title}PredictionLabel",
        __base__=row_model(f"{title}Told", dataset, told, needed=set()),
        prediction_id=(str, Field(description="As the prediction's answer gave it")),
    )
    rows = Annotated[
        list[named | predicted],  # type: ignore[valid-type]
        Field(min_length=1, max_length=MAX_ROWS),
    ]
    return create_model(f"{title}Labels", __config__=ConfigDict(extra="forbid"), labels=(rows, ...))


def parse_labels(body: bytes, problem: Problem) -> list[JsonObject]:
    """The labels of a request body as rows of the data set, JSON-ready: columns that were given.

    Raises:
        NotFound: the problem has no labels.
        TooLarge: the body, or the number of labels, is over the limit.
        InvalidInput: the body is not what is asked for; ManyFaults with the row and the field of
            each fault.
    """
    dataset = labels_of(problem)
    told = ", ".join(f'"{name}": …' for name in (*problem.label_key, *problem.stated_columns))
    rows = rows_of_body(body, "labels", f'Send {{"labels": [{{{told}}}, …]}}')
    model = _named_model(problem, dataset)
    return read_rows(rows, lambda row: _label(row, problem, model))


def _named_model(problem: Problem, dataset: Dataset) -> type[BaseModel]:
    return row_model(f"{title_of(problem)}Label", dataset, dataset.columns, needed=set())


def _label(row: Any, problem: Problem, model: type[BaseModel]) -> JsonObject:
    if not isinstance(row, dict):
        raise InvalidInput("A label is not an object", remedy="Send the columns by name")
    if PREDICTION_ID in row:
        row = _of_prediction(row, problem)
    label = typed_row(row, model, _REMEDIES).model_dump(by_alias=True, exclude_unset=True)
    stated = problem.stated_columns
    if not any(name in row for name in stated):
        raise InvalidInput(
            "The label states nothing",
            where={"field": stated[0]},
            remedy=f"Give {' or '.join(stated)}; null withdraws what was stated before",
        )
    if any(label.get(name) is not None for name in stated):
        for name in problem.known_at_expression.columns:
            if name in labels_of(problem).columns and label.get(name) is None:
                raise InvalidInput(
                    "The label does not say when its outcome became known",
                    where={"field": name},
                    remedy=f"Give {name}: target.known_at is made of it",
                )
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in label.items()
    }


def _of_prediction(row: Mapping[str, object], problem: Problem) -> JsonObject:
    """The row with the event's columns in the place of the prediction's id."""
    where = {"field": PREDICTION_ID}
    if twice := [name for name in problem.label_key if name in row]:
        raise InvalidInput(
            f"The label names its event by a prediction and by {twice[0]}",
            where=where,
            remedy="Give one of the two",
        )
    id = row[PREDICTION_ID]
    if not isinstance(id, str):
        raise InvalidInput("The id of a prediction is a text", where=where, remedy="Send it as is")
    try:
        named = event_of(id, problem)
    except InvalidInput as error:
        raise InvalidInput(error.message, where=where, remedy=error.remedy) from error
    return {**named, **{name: value for name, value in row.items() if name != PREDICTION_ID}}
