"""What an error and its cause, as Step Functions tells them, say to a reader and to the retry.
Pure.
"""

from __future__ import annotations

import json

from ghosteam.json_object import JsonObject

_LONGEST = 1500

# What a later attempt may cure: names of errors of Lambda and Step Functions' integrations …
_PASSING_ERRORS = frozenset(
    {
        "Transient",
        "Conflict",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "SageMaker.ResourceLimitExceededException",
    }
)
# … how SageMaker begins the reason of a job's failure that is its own …
_PASSING_REASONS = ("CapacityError", "InternalServerError")
# … and the codes in the text of its base exception, which validation errors share.
_PASSING_CODES = (
    "ThrottlingException",
    "ResourceLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalServerError",
)


def may_pass(error: str | None, cause: str | None) -> bool:
    """Whether what failed with this error and cause may succeed when it is tried again. Everything
    else fails again on the same data.
    """
    if error in _PASSING_ERRORS:
        return True
    if job := _job(cause):
        return str(job.get("FailureReason") or "").startswith(_PASSING_REASONS)
    return str(error).startswith("SageMaker.") and any(
        code in (cause or "") for code in _PASSING_CODES
    )


def reason_of(error: str | None, cause: str | None) -> str:
    """Error and cause in one line. A cause can be a whole stack trace or a job's whole description;
    the execution has it.
    """
    return ": ".join(text for text in (error, last_words(cause)) if text)[:_LONGEST]


def last_words(cause: str | None) -> str | None:
    """Of a failed job its name and what it said when it ended; of a function's error its message;
    else the cause.
    """
    if job := _job(cause):
        return (
            f"{job.get('ProcessingJobName') or job.get('TrainingJobName')}: {words_of_job(cause)}"
        )
    try:
        document = json.loads(cause or "")
    except ValueError:
        return cause
    told = document.get("errorMessage") if isinstance(document, dict) else None
    return str(told) if told else cause


def words_of_job(cause: str | None) -> str | None:
    """What a job said when it ended; None when the cause is not a job's description."""
    if not (job := _job(cause)):
        return None
    kind = "ProcessingJob" if "ProcessingJobName" in job else "TrainingJob"
    said = job.get("ExitMessage") or job.get("FailureReason")
    return str(said or f"it ended as {job.get(f'{kind}Status')}")[:_LONGEST]


def _job(cause: str | None) -> JsonObject | None:
    try:
        document = json.loads(cause or "")
    except ValueError:
        return None
    if isinstance(document, dict) and {"ProcessingJobName", "TrainingJobName"} & document.keys():
        return document
    return None
