"""Step Functions tasks: the optimized `sagemaker:` integration with `.sync`, and
`aws-sdk:sagemaker`.

Source: Step Functions developer guide, "Create and manage Amazon SageMaker AI jobs with Step
Functions" and "IAM policies for Amazon SageMaker".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions

from local.account import seams
from local.account.sagemaker import authorization, events, jobs, operations, store
from local.account.sagemaker.errors import ApiError

_PREFIX = "arn:aws:states:::sagemaker:"
_SDK_PREFIX = "arn:aws:states:::aws-sdk:sagemaker:"
# Operations of the optimized integration; those that start a job have `.sync`.
_OPTIMIZED = {
    "createTrainingJob",
    "createProcessingJob",
    "createTransformJob",
    "createModel",
    "createEndpointConfig",
    "createEndpoint",
    "updateEndpoint",
}
_SYNC_RULES = {
    "createTrainingJob": "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "createProcessingJob": "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
    "createTransformJob": "StepFunctionsGetEventsForSageMakerTransformJobsRule",
}
# Errors that the API models keep their name; every other one is the integration's base exception.
_MODELLED = {
    "ResourceInUse": "ResourceInUseException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ResourceNotFound": "ResourceNotFoundException",
    "ConflictException": "ConflictException",
}
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class _Task:
    """The task that runs on this thread: for whom, and whether it was given up."""

    role_arn: str = ""
    execution: dict[str, Any] = field(default_factory=dict)
    timed_out: Event = field(default_factory=Event)

    @property
    def abandoned(self) -> bool:
        return self.timed_out.is_set() or self.execution.get("status", "RUNNING") != "RUNNING"


_NO_TASK = _Task()
_task: ContextVar[_Task] = ContextVar("sagemaker_task", default=_NO_TASK)


def install() -> None:
    """Register both integrations and follow the tasks that run."""
    seams.require(stepfunctions, "_SERVICE_DISPATCH")[_PREFIX] = _optimized
    seams.require(stepfunctions, "_AWS_SDK_SERVICE_MAP")["sagemaker"] = {
        "target_prefix": "SageMaker",
        "protocol": "json",
        "service_key": "sagemaker",
    }
    seams.require(stepfunctions, "_AWS_SDK_ERROR_PREFIX")["sagemaker"] = "SageMaker"
    overrides = seams.require(stepfunctions, "_AWS_SDK_ERROR_CODE_OVERRIDES")
    unmodelled = ("ValidationException", "AccessDeniedException", "UnknownOperationException")
    overrides["sagemaker"] = _MODELLED | dict.fromkeys(unmodelled, "SageMakerException")
    seams.replace(stepfunctions, "_invoke_aws_sdk_integration", _checked_sdk_call)
    seams.replace(stepfunctions, "_execute_task", _followed)
    seams.replace(stepfunctions, "_invoke_resource_with_timeout", _with_timeout)


def _optimized(resource: str, params: dict[str, Any]) -> dict[str, Any]:
    name, _, pattern = resource.removeprefix(_PREFIX).partition(".")
    if name not in _OPTIMIZED:
        raise _failed("States.Runtime", f"{resource} is not part of the embedded account.")
    operation = name[0].upper() + name[1:]
    kind = operation.removeprefix("Create")
    task = _task.get()
    try:
        if task.role_arn:
            if pattern:
                _check_sync_permissions(task.role_arn, name, kind, params)
            authorization.check_role(task.role_arn, operation, params)
        answer = operations.call(operation, params)
    except ApiError as error:
        code = _MODELLED.get(error.code, "AmazonSageMakerException")
        raise _failed(
            f"SageMaker.{code}", f"{error} (Service: AmazonSageMaker; Error Code: {error.code})"
        ) from error
    if not pattern:
        return {**answer, "SdkHttpMetadata": {"HttpStatusCode": 200}}
    return _await(kind, params[f"{kind}Name"], task)


def _await(kind: str, name: str, task: _Task) -> dict[str, Any]:
    """Wait for a job; a task that was aborted or timed out stops it, as Step Functions does."""
    while not jobs.wait(kind, name, _POLL_SECONDS):
        if task.abandoned:
            try:
                jobs.stop(kind, name)
            except ApiError:
                break
            raise _failed(
                "States.TaskFailed", f"The task was given up and the job {name} was stopped."
            )
    ended = events.detail(kind, store.get(kind, name))
    if ended[f"{kind}Status"] != "Completed":
        raise _failed("States.TaskFailed", json.dumps(ended))
    return ended


def _check_sync_permissions(role_arn: str, name: str, kind: str, params: dict[str, Any]) -> None:
    """`.sync` follows the job through a managed event rule, and polls and stops it under the same
    role.
    """
    rule = f"arn:aws:events:{get_region()}:{get_account_id()}:rule/{_SYNC_RULES[name]}"
    for action in ("events:PutTargets", "events:PutRule", "events:DescribeRule"):
        authorization.demand(role_arn, (action, rule, {}))
    job = store.arn(kind, str(params.get(f"{kind}Name", "")))
    for verb in ("Describe", "Stop"):
        authorization.demand(role_arn, (f"sagemaker:{verb}{kind}", job, {}))


def _checked_sdk_call(original: Callable[..., Any]) -> Callable[..., Any]:
    """The SDK integration calls the service as the account's root; the machine's role is what
    counts.
    """

    def invoke(resource: str, params: Any) -> Any:
        role_arn = _task.get().role_arn
        if role_arn and resource.startswith(_SDK_PREFIX):
            action = resource.removeprefix(_SDK_PREFIX).partition(".")[0]
            try:
                authorization.check_role(role_arn, action[:1].upper() + action[1:], params or {})
            except ApiError as error:
                raise _failed("SageMaker.SageMakerException", str(error)) from error
        return original(resource, params)

    return invoke


def _followed(original: Callable[..., Any]) -> Callable[..., Any]:
    def execute_task(state_def: Any, raw_input: Any, execution: Any, context: Any) -> Any:
        machines = seams.require(stepfunctions, "_state_machines")
        machine = machines.get((execution or {}).get("stateMachineArn", "")) or {}
        token = _task.set(_Task(role_arn=machine.get("roleArn", ""), execution=execution or {}))
        try:
            return original(state_def, raw_input, execution, context)
        finally:
            _task.reset(token)

    return execute_task


def _with_timeout(original: Callable[..., Any]) -> Callable[..., Any]:
    """ministack leaves the thread of a timed-out task running; this tells it that nobody waits any
    more.
    """

    def invoke(resource: str, params: Any, timeout: Any) -> Any:
        outer = _task.get()
        # A retry is a new attempt: it must not inherit the time-out of the one before.
        attempt = _Task(outer.role_arn, outer.execution)
        token = _task.set(attempt)
        try:
            return original(resource, params, timeout)
        except BaseException:
            attempt.timed_out.set()
            raise
        finally:
            _task.reset(token)

    return invoke


def _failed(error: str, cause: str) -> Exception:
    failure: Exception = seams.require(stepfunctions, "_ExecutionError")(error, cause)
    return failure
