"""The status with which the HTTP API tells an error."""

from __future__ import annotations

from ghosteam.errors import (
    Conflict,
    Forbidden,
    GhosteamError,
    InvalidInput,
    NotFound,
    TooLarge,
    Transient,
)

# The first family that an error belongs to decides; what is in none of them is our fault.
_STATUS: tuple[tuple[type[GhosteamError], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (TooLarge, 413),
    (InvalidInput, 400),
    (Conflict, 409),
    (Transient, 503),
)


def status_of(error: GhosteamError) -> int:
    """503 where trying again may help; an error that callers are not told of is no fault of
    theirs.
    """
    status = next((status for family, status in _STATUS if isinstance(error, family)), 500)
    return 500 if error.internal and status < 500 else status
