"""Checks requests against the service model that botocore ships: AWS's own description of its
API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel
from botocore.validate import ParamValidator

from local.account.sagemaker.errors import ApiError

SERVICE: ServiceModel = botocore.session.get_session().get_service_model("sagemaker")


def operation_model(operation: str, service: ServiceModel = SERVICE) -> OperationModel:
    """The model of one operation; raises `UnknownOperationException` when the API has none of that
    name.
    """
    if operation not in service.operation_names:
        raise ApiError("UnknownOperationException", f"The operation {operation} does not exist.")
    return service.operation_model(operation)


def validate(operation: str, params: dict[str, Any], service: ServiceModel = SERVICE) -> None:
    """Raise `ValidationException` unless `params` fits the operation's input shape."""
    shape = operation_model(operation, service).input_shape
    if shape is None:
        return
    report = ParamValidator().validate(params, shape)
    problems = (
        report.generate_report().splitlines()
        if report.has_errors()
        else list(_violations(params, shape, ""))
    )
    if problems:
        count = len(problems)
        plural = "s" if count > 1 else ""
        raise ApiError(
            "ValidationException",
            f"{count} validation error{plural} detected: " + "; ".join(problems),
        )


def only_members(values: dict[str, Any], shape: Any) -> dict[str, Any]:
    """The part of `values` that a response of this shape may carry."""
    members = getattr(shape, "members", {})
    return {key: value for key, value in values.items() if key in members and value is not None}


def _violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Constraints that botocore's validator leaves to the server: enums, patterns, maxima,
    members.
    """
    if shape.type_name == "structure":
        for key, item in value.items():
            if key not in shape.members:
                yield f"Unknown parameter '{path}{key}'"
            elif item is not None:
                yield from _violations(item, shape.members[key], f"{path}{key}.")
    elif shape.type_name == "list":
        yield from _too_large(len(value), shape, path, "length")
        for index, item in enumerate(value):
            yield from _violations(item, shape.member, f"{path}{index + 1}.member.")
    elif shape.type_name == "map":
        yield from _too_large(len(value), shape, path, "length")
        for key, item in value.items():
            yield from _violations(key, shape.key, f"{path}key.")
            yield from _violations(item, shape.value, f"{path}{key}.")
    elif shape.type_name == "string":
        yield from _bad_string(value, shape, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _too_large(value, shape, path, "value")


def _bad_string(value: str, shape: Any, path: str) -> Iterator[str]:
    where = (
        f"Value '{value}' at '{path.rstrip('.')}' failed to satisfy constraint: Member must satisfy"
    )
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        yield f"{where} enum value set: [{', '.join(allowed)}]"
    pattern = _compiled(shape.metadata.get("pattern", ""))
    if pattern and not pattern.fullmatch(value):
        yield f"{where} regular expression pattern: {pattern.pattern}"
    yield from _too_large(len(value), shape, path, "length")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The pattern, or None where there is none or it is Java's alone (`\\p{…}`, surrogate ranges)
    and goes unchecked.
    """
    try:
        return re.compile(pattern, re.DOTALL) if pattern else None
    except re.error:
        return None


def _too_large(size: float, shape: Any, path: str, what: str) -> Iterator[str]:
    maximum = shape.metadata.get("max")
    if maximum is not None and size > maximum:
        yield (
            f"Value at '{path.rstrip('.')}' failed to satisfy constraint: Member must have {what} "
            f"less than or equal to {maximum}"
        )
