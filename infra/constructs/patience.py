"""Jobs that wait for capacity: what only the text of a failure tells apart from a fault of ours is
tried again.

A job that SageMaker could not place fails like one whose program is wrong, as
``States.TaskFailed``; its FailureReason begins with ``CapacityError`` or ``InternalServerError``. A
throttled request fails like an invalid one, as ``SageMaker.AmazonSageMakerException`` with the code
in its text. ``Retry`` cannot tell them apart; a Choice can.

Sources: SageMaker developer guide, "Retry Policy for Pipeline Steps"; AWS Batch user guide, "Jobs
stuck in RUNNABLE due to capacity"; Step Functions developer guide, "Handling errors in Step
Functions workflows".
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

TRIES = 9
"""One digit in a job's name counts them; with the waits between them that is over an hour."""

WAIT = Duration.minutes(8)
_PASSING = (
    "CapacityError",
    "InternalServerError",
    "ThrottlingException",
    "ServiceUnavailable",
    "InternalFailure",
)


def no_tries_yet(scope: Construct, id: str) -> sfn.Pass:
    """Begin to count: :func:`patient` counts in ``$.tries.count``. A job's name must hold that, or
    a UUID.
    """
    return sfn.Pass(scope, id, result=sfn.Result.from_object({"count": 0}), result_path="$.tries")


def failed_as_told(scope: Construct, id: str) -> sfn.Fail:
    """Fail with the error and cause that :func:`patient` kept."""
    return sfn.Fail(scope, id, error_path="$.failure.Error", cause_path="$.failure.Cause")


def patient(
    scope: Construct, job: sfn.CustomState, *, otherwise: sfn.IChainable
) -> sfn.CustomState:
    """Let ``job`` be tried again, after a wait, while its failure is one that passes; ``otherwise``
    follows any other failure, with ``{"Error", "Cause"}`` in ``$.failure``.
    """
    name = job.node.id
    again = sfn.Wait(scope, f"{name}WaitsForCapacity", time=sfn.WaitTime.duration(WAIT))
    count = sfn.Pass(
        scope,
        f"{name}TriesAgain",
        parameters={"count.$": "States.MathAdd($.tries.count, 1)"},
        result_path="$.tries",
    )
    passes = sfn.Condition.or_(
        *(sfn.Condition.string_matches("$.failure.Cause", f"*{text}*") for text in _PASSING)
    )
    told = sfn.Condition.is_present("$.failure.Cause")
    left = sfn.Condition.number_less_than("$.tries.count", TRIES)
    judge = sfn.Choice(scope, f"{name}Failed")
    judge.when(sfn.Condition.and_(told, left, passes), again.next(count).next(job)).otherwise(
        otherwise
    )
    return job.add_catch(judge, result_path="$.failure")
