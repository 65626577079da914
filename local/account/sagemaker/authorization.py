"""Who may call what: the actions and resources of a SageMaker request, and the role it passes.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
SageMaker AI".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from local.account import identity, seams
from local.account.sagemaker import store
from local.account.sagemaker.errors import ApiError

_SERVICE = "sagemaker"
_PRINCIPAL = "sagemaker.amazonaws.com"
_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations/?")
# One permission: an action, the ARN it is needed on, and condition keys (`iam:PassedToService`).
Permission = tuple[str, str, dict[str, str]]


def invoked_endpoint(path: str) -> str | None:
    """The endpoint's name when the path is a runtime invocation."""
    found = _INVOCATION.fullmatch(path)
    return found[1] if found else None


def resource_of(operation: str, params: Mapping[str, Any]) -> str:
    """The ARN that the operation's own action is checked on."""
    for key in ("ResourceArn", "Arn"):
        if key in params:
            return str(params[key])
    if not operation.startswith("List"):
        for kind in sorted(store.ARN_PART, key=len, reverse=True):
            name = params.get("Name" if kind == "MlflowApp" else f"{kind}Name")
            if kind in operation and isinstance(name, str):
                return store.arn(kind, name)
    return "*"


def further_permissions(operation: str, params: Mapping[str, Any]) -> Iterator[Permission]:
    """What a request needs beside its own action: passing a role, tagging, other resources."""
    role = params.get("RoleArn") or params.get("ExecutionRoleArn")
    if role:
        yield "iam:PassRole", str(role), {"iam:PassedToService": _PRINCIPAL}
    if params.get("Tags") and operation.startswith("Create"):
        yield "sagemaker:AddTags", resource_of(operation, params), {}
    if operation in ("CreateEndpoint", "UpdateEndpoint") and "EndpointConfigName" in params:
        yield (
            f"sagemaker:{operation}",
            store.arn("EndpointConfig", params["EndpointConfigName"]),
            {},
        )


def check_request(
    operation: str, params: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, Any]
) -> None:
    """Raise AccessDeniedException unless the caller of an HTTP request has the further permissions.

    ministack checked the operation's own action before the request came here.
    """
    key = extract_access_key_id(headers, query)
    for action, resource, keys in further_permissions(operation, params):
        denied = iam_evaluator.enforce(
            key, action, _SERVICE, get_region(), resource_arn=resource, service_context=keys
        )
        if denied is not None:
            who = getattr(denied, "principal_arn", "") or "anonymous"
            raise ApiError(
                "AccessDeniedException",
                f"User: {who} is not authorized to perform: {action} on resource: {resource} "
                f"because no identity-based policy allows the {action} action",
            )


def check_role(role_arn: str, operation: str, params: Mapping[str, Any]) -> None:
    """Raise AccessDeniedException unless a state machine's role may make the whole call."""
    own: Permission = (f"sagemaker:{operation}", resource_of(operation, params), {})
    for permission in (own, *further_permissions(operation, params)):
        demand(role_arn, permission)


def demand(role_arn: str, permission: Permission) -> None:
    """Raise AccessDeniedException unless the role has one permission."""
    action, resource, keys = permission
    named = {key.replace(":", "__"): value for key, value in keys.items()}
    denied = identity.role_denied(role_arn, action, resource, **named)
    if denied:
        raise ApiError("AccessDeniedException", denied)


def check_assumable(params: Mapping[str, Any]) -> None:
    """Raise ValidationException unless SageMaker may assume the role that a request passes."""
    role = params.get("RoleArn") or params.get("ExecutionRoleArn")
    if role and identity.assumption_denied(role, _PRINCIPAL):
        raise ApiError(
            "ValidationException",
            f"Could not assume role {role}. Please ensure that the role exists and allows "
            "principal "
            f"'{_PRINCIPAL}' to assume the role.",
        )


def install() -> None:
    """Teach ministack the action of the runtime call and the resource of every SageMaker call."""
    seams.require(app, "AUTH")
    seams.replace(iam_actions, "extract_iam_action", _with_invocations)
    seams.replace(iam_actions, "extract_resource_arn", _with_resources)


def _with_invocations(original: Any) -> Any:
    def extract_iam_action(service: str, method: str, path: str, *rest: Any) -> Any:
        if service == _SERVICE and invoked_endpoint(path):
            return "sagemaker:InvokeEndpoint"
        return original(service, method, path, *rest)

    return extract_iam_action


def _with_resources(original: Any) -> Any:
    def extract_resource_arn(
        service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any
    ) -> Any:
        if service != _SERVICE:
            return original(service, method, path, headers, body, *rest)
        endpoint = invoked_endpoint(path)
        if endpoint:
            return store.arn("Endpoint", endpoint)
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            params = {}
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        return resource_of(operation, params if isinstance(params, dict) else {})

    return extract_resource_arn
