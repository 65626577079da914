"""Vendor errors become ours once, here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from ghosteam.errors import Conflict, Defect, GhosteamError, NotFound, Transient

_CODES: dict[str, type[GhosteamError]] = {
    "NoSuchKey": NotFound,
    "404": NotFound,
    "NoSuchVersion": NotFound,
    "ResourceNotFoundException": NotFound,
    "ConditionalCheckFailedException": Conflict,
    "PreconditionFailed": Conflict,
    "ExecutionAlreadyExists": Conflict,
    "Throttling": Transient,
    "ThrottlingException": Transient,
    "ProvisionedThroughputExceededException": Transient,
    "SlowDown": Transient,
    "RequestTimeout": Transient,
    "InternalError": Transient,
    "InternalServerError": Transient,
    "ServiceUnavailable": Transient,
}


@contextmanager
def translated(action: str, **where: object) -> Iterator[None]:
    """Translate boto3's errors raised inside into the project's family, naming what was tried and where."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        family = _CODES.get(code, Defect)
        remedy = "Check the role's policy" if "AccessDenied" in code else ""
        raise family(f"{action} failed: {error}", where=where, remedy=remedy) from error
    except BotoCoreError as error:
        raise Transient(f"{action} failed: {error}", where=where) from error
