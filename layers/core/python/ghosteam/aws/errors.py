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
    "ExecutionDoesNotExist": NotFound,
    "ConditionalCheckFailedException": Conflict,
    "TransactionCanceledException": Conflict,
    "TransactionConflictException": Conflict,
    "TransactionInProgressException": Transient,
    "PreconditionFailed": Conflict,
    "ExecutionAlreadyExists": Conflict,
    "RequestLimitExceeded": Transient,
    "TooManyRequestsException": Transient,
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
    """Translate boto3's errors raised inside into the project's family, naming what was tried and
    where.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        family = _CODES.get(code) or _family_of_status(error)
        remedy = "Check the role's policy" if "AccessDenied" in code else ""
        raise family(
            f"{action} failed: {error}", where=where, remedy=remedy, internal=True
        ) from error
    except BotoCoreError as error:
        raise Transient(f"{action} failed: {error}", where=where, internal=True) from error


def _family_of_status(error: ClientError) -> type[GhosteamError]:
    """A server's own failure and throttling may pass, whatever the service calls them; some codes
    are bare numbers.
    """
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if status is None and code.isdecimal():
        status = int(code)
    return Transient if status is not None and (status >= 500 or status == 429) else Defect
