"""Every task of a state machine runs under the state machine's role.

ministack stores that role and calls Lambda, SNS, SQS, EventBridge, DynamoDB and SDK integrations
in-process, unchecked. Here each call is checked first; a denial fails the task with AWS's error
name and text, so it stands in the execution history and `Catch` sees it.
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from local.account import seams
from local.account.identity import AccessDenied, assumption_denied, role_denied

_acting_role: ContextVar[str] = ContextVar("acting_role", default="")

# An access denial is not modelled in the SDKs that Step Functions uses, so it surfaces as the
# service's base exception.
_OPTIMIZED_ERRORS = {
    "sqs:": "SQS.AmazonSQSException",
    "sns:": "SNS.AmazonSNSException",
    "events:": "EventBridge.AmazonEventBridgeException",
    "dynamodb:": "DynamoDB.AmazonDynamoDBException",
}


def acting_role() -> str:
    """ARN of the role whose state machine task is running on this thread; empty outside a task."""
    return _acting_role.get()


def install() -> None:
    """Put the checks around ministack's task execution."""
    from ministack import app
    from ministack.services import stepfunctions

    seams.replace(stepfunctions, "_execute_task", _under_the_machines_role)
    seams.replace(stepfunctions, "_call_lambda", _checked_lambda)
    seams.replace(stepfunctions, "_invoke_aws_sdk_integration", _checked_sdk_integration)
    seams.replace(stepfunctions, "_invoke_nested_start_execution", _checked_nested_execution)
    seams.replace(stepfunctions, "_invoke_nested_start_execution_sync", _checked_nested_execution)
    seams.replace(app, "call_service_handler_sync", _checked_service_call)
    dispatch = seams.require(stepfunctions, "_SERVICE_DISPATCH")
    for prefix in list(dispatch):
        integration = prefix.removeprefix("arn:aws:states:::")
        for service, error in _OPTIMIZED_ERRORS.items():
            if integration.startswith(service):
                dispatch[prefix] = _checked_integration(dispatch[prefix], service, error)


def _failure(error: str, cause: str) -> Exception:
    from ministack.services import stepfunctions

    failure: Exception = seams.require(stepfunctions, "_ExecutionError")(error, cause)
    return failure


def _under_the_machines_role(original: Callable[..., Any]) -> Callable[..., Any]:
    from ministack.services import stepfunctions

    def execute_task(state_def: Any, raw_input: Any, execution: Any, ctx: Any) -> Any:
        machines = seams.require(stepfunctions, "_state_machines")
        machine = machines.get((execution or {}).get("stateMachineArn", "")) or {}
        role = machine.get("roleArn", "")
        token = _acting_role.set(role)
        try:
            if machine and (refused := assumption_denied(role, "states.amazonaws.com")):
                raise _failure("States.TaskFailed", refused)
            return original(state_def, raw_input, execution, ctx)
        finally:
            _acting_role.reset(token)

    return execute_task


def _checked_lambda(original: Callable[..., Any]) -> Callable[..., Any]:
    from ministack.services import lambda_svc

    def call_lambda(func_ref: str, event: Any) -> Any:
        if role := acting_role():
            _, config, _ = lambda_svc._get_func_record_for_ref(func_ref)
            arn = (
                func_ref
                if func_ref.startswith("arn:")
                else (config or {}).get("FunctionArn", func_ref)
            )
            if denied := role_denied(role, "lambda:InvokeFunction", arn):
                raise _failure("Lambda.AWSLambdaException", denied)
        return original(func_ref, event)

    return call_lambda


def _checked_integration(
    original: Callable[..., Any], service: str, error: str
) -> Callable[..., Any]:
    def invoke(resource: str, data: Any) -> Any:
        if role := acting_role():
            operation = resource.split(service, 1)[1].split(".")[0]
            action = f"{service}{operation[0].upper()}{operation[1:]}"
            for target in _targets_of(service, data):
                if denied := role_denied(role, action, target):
                    raise _failure(error, denied)
        return original(resource, data)

    return invoke


def _targets_of(service: str, data: dict[str, Any]) -> list[str]:
    """ARNs of the resources that an optimized integration's parameters name."""
    from ministack.core.responses import get_account_id, get_region

    where = f"{get_region()}:{get_account_id()}"
    if service == "sqs:":
        return [f"arn:aws:sqs:{where}:{str(data.get('QueueUrl', '')).rsplit('/', 1)[-1]}"]
    if service == "sns:":
        return [str(data.get("TopicArn") or data.get("TargetArn") or "*")]
    if service == "dynamodb:":
        table = str(data.get("TableName", ""))
        return [table if table.startswith("arn:") else f"arn:aws:dynamodb:{where}:table/{table}"]
    buses = {str(entry.get("EventBusName") or "default") for entry in data.get("Entries", [])}
    return [
        bus if bus.startswith("arn:") else f"arn:aws:events:{where}:event-bus/{bus}"
        for bus in sorted(buses)
    ]


def _checked_nested_execution(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(resource: str, data: dict[str, Any]) -> Any:
        if role := acting_role():
            machine = str(data.get("StateMachineArn", ""))
            if denied := role_denied(role, "states:StartExecution", machine):
                raise _failure("StepFunctions.AWSStepFunctionsException", denied)
        return original(resource, data)

    return start


def _checked_sdk_integration(original: Callable[..., Any]) -> Callable[..., Any]:
    from ministack.services import stepfunctions

    def invoke(resource: str, data: Any) -> Any:
        try:
            return original(resource, data)
        except AccessDenied as denied:
            service = resource.split(":")[6].lower()
            prefix = str(seams.require(stepfunctions, "_prefix_sdk_error")(service, "x")).rsplit(
                ".", 1
            )[0]
            raise _failure(f"{prefix}.{prefix}Exception", str(denied)) from denied

    return invoke


def _checked_service_call(original: Callable[..., Any]) -> Callable[..., Any]:
    """Every SDK integration reaches its service through this one function, with the request that
    HTTP would carry.
    """
    from ministack import app
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id, get_region

    def call(
        handler: Any,
        method: str,
        path: str,
        headers: Any,
        body: Any,
        query: Any,
        *rest: Any,
        **more: Any,
    ) -> Any:
        if role := acting_role():
            handlers = seams.require(app, "SERVICE_HANDLERS")
            service = next((name for name, known in handlers.items() if known is handler), "")
            raw = body.encode() if isinstance(body, str) else body
            action = iam_actions.extract_iam_action(service, method, path, headers, raw, query)
            arn = iam_actions.extract_resource_arn(
                service, method, path, headers, raw, query, get_region(), get_account_id()
            )
            if action and (denied := role_denied(role, action, arn)):
                raise AccessDenied(denied)
            if denied := _passing_denied(role, service, raw):
                raise AccessDenied(denied)
        return original(handler, method, path, headers, body, query, *rest, **more)

    return call


def _passing_denied(role: str, service: str, body: bytes | None) -> str | None:
    """Why the role may not hand the roles in a JSON request to the service (iam:PassRole); None
    when it may.
    """
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return None
    names = ("RoleArn", "ExecutionRoleArn", "Role")
    passed = [
        request[name]
        for name in names
        if isinstance(request, dict) and ":role/" in str(request.get(name, ""))
    ]
    for arn in passed:
        if denied := role_denied(
            role, "iam:PassRole", arn, iam__PassedToService=f"{service}.amazonaws.com"
        ):
            return denied
    return None
