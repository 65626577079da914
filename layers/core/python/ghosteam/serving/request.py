"""The request and answer of one problem as pydantic models, made from its specification: checked
input, typed API docs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model

from ghosteam.json_object import JsonObject
from ghosteam.problem.datasets import Column, Dataset
from ghosteam.problem.moments import parse_moment, since_epoch
from ghosteam.problem.nulls import is_null_text, null_numbers
from ghosteam.problem.spec import Problem
from ghosteam.problem.text_values import MAX_TEXT, boolean_value, text_value, whole_number
from ghosteam.serving.routing import SlotName

MAX_INSTANCES = 100
_SMALLEST, _LARGEST = -(2**63), 2**63 - 2**10
"""Of the integers that files hold, those between which both bounds are floats too, as they stand in
the API's description.
"""


class Prediction(BaseModel):
    """The answer for one row."""

    model_config = ConfigDict(protected_namespaces=())

    prediction_id: str
    outputs: dict[str, float] = Field(
        description="Of a binary problem the probability of its target, by the target's name; of a "
        "multiclass problem each class's probability; of a regression value, lower and upper"
    )
    decision: bool | str | float = Field(
        description="What the outputs say in one word: whether, which class, or the value"
    )
    model_version: str
    variant: SlotName = Field(
        description="'previous': the champion failed, and the model before it answered"
    )
    freshness_seconds: dict[str, float | None] = Field(
        description="Age of the looked-up features at the row's event time, by view; null where "
        "nothing was known"
    )


class Answer(BaseModel):
    """The answer to a request: one prediction a row, in the request's order."""

    predictions: list[Prediction]
    latency_ms: float
    notes: list[str] = Field(
        default=[], description="What was not as usual: an older routing, a model that failed"
    )


class ServedSlot(BaseModel):
    """A model that gets traffic."""

    version: str
    share_percent: int


class ServedModel(BaseModel):
    """What answers now."""

    problem: str
    champion: ServedSlot | None
    challenger: ServedSlot | None


class Accepted(BaseModel):
    """Events, or labels, that landed as one file; validation follows."""

    accepted: int = Field(description="Rows of the file")
    key: str = Field(description="The file's key in the landing bucket")


class FaultDetail(BaseModel):
    """One of several faults of a body."""

    message: str
    where: dict[str, str | int | float | bool | None]
    remedy: str


class Fault(FaultDetail):
    """What was wrong, where, and what to do; ``faults`` lists all faults of a body, the first among
    them.
    """

    error: str
    faults: list[FaultDetail] = []


class Refusal(BaseModel):
    """The gateway's own words for a request that did not get through: no token, none that is good,
    too many.
    """

    message: str


def request_model(problem: Problem) -> type[BaseModel]:
    """The model of ``{"instances": [row, …]}`` with 1 to 100 rows of exactly the problem's request
    columns.
    """
    return instances_model(problem, request_fields(problem))


def request_fields(problem: Problem) -> dict[str, RowField]:
    """What a request's row has, by column."""
    # What identifies the row or gives its time cannot be absent, whatever a data file may lack.
    needed = {*problem.naming_columns, *problem.event_time_expression.columns}
    return _fields(problem.events, problem.request_columns, needed=needed)


def instances_model(problem: Problem, fields: Mapping[str, RowField]) -> type[BaseModel]:
    """The model of ``{"instances": [row, …]}`` with 1 to 100 rows of these fields."""
    title = title_of(problem)
    instance = _row_model(f"{title}Instance", fields)
    rows = Annotated[
        list[instance],  # type: ignore[valid-type]
        Field(min_length=1, max_length=MAX_INSTANCES),
    ]
    return create_model(
        f"{title}Request", __config__=ConfigDict(extra="forbid"), instances=(rows, ...)
    )


def row_model(
    title: str,
    dataset: Dataset,
    columns: Iterable[str],
    *,
    needed: Container[str] = (),
    short: Container[str] | None = None,
) -> type[BaseModel]:
    """The model of a row with these columns of a data set; ``needed``: those that must be given
    although they are nullable; ``short``: those whose texts are short, None for all.
    """
    return _row_model(title, _fields(dataset, columns, needed=needed, short=short))


def title_of(problem: Problem) -> str:
    """What the names of the problem's models begin with."""
    return problem.problem.title().replace("_", "")


@dataclass(frozen=True)
class RowField:
    """A column of a request: the type of its values, and whether it must be there."""

    type: Any
    needed: bool
    example: Any = None
    is_time: bool = False


def _fields(
    dataset: Dataset,
    columns: Iterable[str],
    *,
    needed: Container[str],
    short: Container[str] | None = None,
) -> dict[str, RowField]:
    fields = {}
    for name in columns:
        column = dataset.columns[name]
        markers = dataset.null_markers(name)
        nullable = column.nullable and name not in needed
        longest = MAX_TEXT if short is None or name in short else None
        type = _type_of(column, () if nullable else markers, longest)
        if nullable:
            # Only now: null may stand here, whatever the value was.
            type = Annotated[type | None, BeforeValidator(_null_of(column, markers))]
        fields[name] = RowField(type, not nullable, column.example, column.type == "timestamp")
    return fields


def _row_model(title: str, fields: Mapping[str, RowField]) -> type[BaseModel]:
    declared: JsonObject = {}
    for number, (name, field) in enumerate(fields.items()):
        examples = None if field.example is None else [field.example]
        default: Any = ... if field.needed else None
        # A column may have a name that pydantic keeps for itself, such as `_id` or `copy`.
        declared[f"column_{number}"] = (
            field.type,
            Field(default, alias=name, examples=examples),
        )
    return create_model(title, __config__=ConfigDict(extra="forbid"), **declared)


def _null_of(column: Column, markers: Collection[str]) -> Callable[[Any], Any]:
    """A function that gives None for what a file would read as null, others as they come."""
    numbers = null_numbers(markers)

    def read(value: Any) -> Any:
        text = _digits(value) if column.type == "string" else value
        if isinstance(text, str):
            return None if is_null_text(text, markers) else value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return None if number and column.type != "string" and value in numbers else value

    return read


def _given(column: Column, markers: Collection[str]) -> BeforeValidator:
    """Refuses what a file would read as null, where null cannot stand."""
    null_of = _null_of(column, markers)

    def check(value: Any) -> Any:
        if value is not None and null_of(value) is None:
            raise ValueError(f"{value!r} stands for null, and a value is needed")
        return value

    return BeforeValidator(check)


def _type_of(column: Column, forbidden: Collection[str], longest: int | None) -> Any:
    """Strict types: a number written as text is a mistake to tell the caller, not a value to
    guess. What is exact is taken as files take it: 5.0 is the integer 5, and 5 the text "5".
    ``forbidden``: markers of null, where null cannot stand; ``longest``: text, None for any.
    """
    given = _given(column, forbidden)
    if column.type == "integer":
        low = _SMALLEST if column.min is None else column.min
        high = _LARGEST if column.max is None else column.max
        return Annotated[
            int, Field(strict=True, ge=low, le=high), BeforeValidator(whole_number), given
        ]
    if column.type == "number":
        return Annotated[
            float, Field(strict=True, allow_inf_nan=False, ge=column.min, le=column.max), given
        ]
    if column.type == "boolean":
        return Annotated[bool, Field(strict=True), BeforeValidator(boolean_value), given]
    if column.type == "timestamp":
        return _time_type(column, given)
    if column.values is not None:
        return Annotated[Literal[column.values], BeforeValidator(_digits)]
    shortest = 1 if "" in forbidden else None
    return Annotated[
        str,
        Field(strict=True, min_length=shortest, max_length=longest),
        BeforeValidator(_digits),
        given,
    ]


def _digits(value: Any) -> Any:
    """A whole number as the text that a file with typed columns would give; others as they come."""
    try:
        return text_value(value)
    except ValueError:
        return value


def _time_type(column: Column, given: BeforeValidator) -> Any:
    """ISO 8601 text, or with a ``unit`` a number too; pydantic would guess which of them is
    meant.
    """
    earliest, latest = column.time_bounds()
    unit = column.unit

    def moment(value: Any) -> datetime:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if unit is not None and number:
            found = since_epoch(value, unit)
        elif isinstance(value, str):
            found = parse_moment(value, zone=column.zone, ambiguous=column.ambiguous)
        else:
            counted = f", or a number of {unit} since 1970" if unit else ""
            raise ValueError(f"a time is text such as 2013-04-01T09:00:00Z{counted}")
        if not earliest <= found <= latest:
            raise ValueError(
                f"there is no such time between {earliest.isoformat()} and {latest.isoformat()}"
            )
        return found

    text = {"type": "string", "format": "date-time"}
    counted = {} if unit is None else {"anyOf": [{"type": "number"}, text]}
    told = f"{unit} since 1970, or " if unit else ""
    description = (
        f"{told}ISO 8601, {earliest.isoformat()} to {latest.isoformat()}; without an offset it is "
        f"wall-clock time of {column.zone}"
    )
    schema = WithJsonSchema({**(counted or text), "description": description}, mode="validation")
    return Annotated[datetime, BeforeValidator(moment), schema, given]
