"""The one error of the emulated SageMaker API."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal as the API words it.

    Args:
        code: AWS's error code, for example `ValidationException`.
        message: what was wrong, in AWS's words where they are known.
        status: HTTP status.
        fields: further members of the error's body, for example `OriginalStatusCode` of a
            `ModelError`.
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.fields = fields


class JobFailure(Exception):
    """Ends a job or an endpoint deployment; the text becomes its `FailureReason`."""
