"""The request and answer of one problem as pydantic models, made from its specification: checked input, typed API docs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from ghosteam.problem.spec import Column, Problem
from ghosteam.serving.event_time import as_utc

MAX_INSTANCES = 100
_MAX_TEXT = 256
_INT64 = 2**63


class Prediction(BaseModel):
    """The answer for one row."""

    model_config = ConfigDict(protected_namespaces=())

    prediction_id: str
    score: float = Field(description="Probability that the target is true")
    label: bool = Field(description="Whether the score is at least 0.5")
    model_version: str
    variant: Literal["champion", "challenger"]
    freshness_seconds: dict[str, float | None] = Field(
        description="Age of the looked-up features at the row's event time, by view; null where nothing was known"
    )


class Answer(BaseModel):
    """The answer to a request: one prediction a row, in the request's order."""

    predictions: list[Prediction]
    latency_ms: float


class Slot(BaseModel):
    """A model that gets traffic."""

    version: str
    share_percent: int


class ServedModel(BaseModel):
    """What answers now."""

    problem: str
    champion: Slot | None
    challenger: Slot | None


class Fault(BaseModel):
    """What was wrong, where, and what to do."""

    error: str
    message: str
    where: dict[str, str | int | float | bool | None]
    remedy: str


def request_model(problem: Problem) -> type[BaseModel]:
    """The model of ``{"instances": [row, …]}`` with 1 to 100 rows of exactly the problem's request columns."""
    # What identifies the row or gives its time cannot be absent, whatever a data file may lack.
    needed = {*problem.entity_columns, *problem.event_time_expression.columns}
    fields: dict[str, Any] = {}
    for name in problem.request_columns:
        column = problem.events.columns[name]
        kind = _type_of(column)
        fields[name] = (kind | None, None) if column.nullable and name not in needed else (kind, ...)
    title = problem.problem.title().replace("_", "")
    instance = create_model(f"{title}Instance", __config__=ConfigDict(extra="forbid"), **fields)
    rows = Annotated[list[instance], Field(min_length=1, max_length=MAX_INSTANCES)]  # type: ignore[valid-type]
    return create_model(f"{title}Request", __config__=ConfigDict(extra="forbid"), instances=(rows, ...))


def _type_of(column: Column) -> Any:
    """Strict types: a number written as text is a mistake to tell the caller, not a value to guess."""
    if column.type == "integer":
        low = -_INT64 if column.min is None else column.min
        high = _INT64 - 1 if column.max is None else column.max
        return Annotated[int, Field(strict=True, ge=low, le=high)]
    if column.type == "number":
        return Annotated[float, Field(strict=True, allow_inf_nan=False, ge=column.min, le=column.max)]
    if column.type == "boolean":
        return Annotated[bool, Field(strict=True)]
    if column.type == "timestamp":
        return Annotated[datetime, BeforeValidator(_text_only, json_schema_input_type=AwareDatetime), AfterValidator(as_utc)]
    if column.values is not None:
        return Literal[column.values]
    return Annotated[str, Field(strict=True, min_length=1, max_length=_MAX_TEXT)]


def _text_only(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a time is text such as 2013-04-01T09:00:00Z")
    return value
