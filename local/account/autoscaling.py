"""Application Auto Scaling: targets and policies are kept and described; nothing scales.

One process serves an endpoint's variant in the embedded account, so a desired count has nothing to
act on.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import botocore.session
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services.cloudformation import provisioners

from local.account import seams, services
from local.account.sagemaker import store
from local.account.sagemaker.errors import ApiError
from local.account.sagemaker.validation import validate

Params = dict[str, Any]

_MODEL = botocore.session.get_session().get_service_model("application-autoscaling")
_VARIANT_COUNT = "sagemaker:variant:DesiredInstanceCount"
_JSON = "application/x-amz-json-1.1"
_KEYS = ("ServiceNamespace", "ResourceId", "ScalableDimension")

_targets: AccountRegionScopedDict = AccountRegionScopedDict()
_policies: AccountRegionScopedDict = AccountRegionScopedDict()


def install() -> None:
    """Register the service and its CloudFormation types."""
    services.register_service(
        "application-autoscaling", sys.modules[__name__], "AnyScaleFrontendService."
    )
    handlers = seams.require(provisioners, "_RESOURCE_HANDLERS")
    handlers["AWS::ApplicationAutoScaling::ScalableTarget"] = {
        "create": _provision_target,
        "update": lambda physical_id, old, new, stack: _provision_target("", new, stack),
        "delete": _delete_target,
    }
    handlers["AWS::ApplicationAutoScaling::ScalingPolicy"] = {
        "create": _provision_policy,
        "update": lambda physical_id, old, new, stack: _provision_policy("", new, stack),
        "delete": _delete_policy,
    }


async def handle_request(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    """Answer one JSON 1.1 request."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        answer = call(operation, json.loads(body or b"{}"))
    except ApiError as error:
        refusal = json.dumps({"__type": error.code, "message": str(error)}).encode()
        return error.status, {"Content-Type": _JSON, "x-amzn-errortype": error.code}, refusal
    return 200, {"Content-Type": _JSON}, json.dumps(answer).encode()


def call(operation: str, params: Params) -> Params:
    """Carry out one validated operation. Raises ApiError."""
    validate(operation, params, _MODEL)
    carry_out = _OPERATIONS.get(operation)
    if carry_out is None:
        raise ApiError(
            "UnknownOperationException", f"{operation} is not part of the embedded account."
        )
    return carry_out(params)


def get_state() -> dict[str, Any]:
    """Nothing outlives the account, as the endpoints that the targets name do not."""
    return {}


def load_persisted_state(data: dict[str, Any]) -> None:
    """The counterpart of `get_state`."""


def reset() -> None:
    """Forget everything."""
    _targets.clear()
    _policies.clear()


def _register(params: Params) -> Params:
    key = _key(params)
    known = _targets.get(key)
    if known is None:
        missing = [name for name in ("MinCapacity", "MaxCapacity") if name not in params]
        if missing:
            raise ApiError(
                "ValidationException", f"{' and '.join(missing)} must be given for a new target."
            )
        _require_variant(params)
    merged = {"CreationTime": time.time()} | (known or {}) | params
    if merged["MinCapacity"] > merged["MaxCapacity"]:
        raise ApiError(
            "ValidationException", "Maximum capacity cannot be less than minimum capacity"
        )
    merged.setdefault("RoleARN", _service_role())
    merged.setdefault(
        "ScalableTargetARN", _arn("application-autoscaling", f"scalable-target/{uuid.uuid4().hex}")
    )
    _targets[key] = merged
    return {"ScalableTargetARN": merged["ScalableTargetARN"]}


def _require_variant(params: Params) -> None:
    """SageMaker's targets name a variant of an endpoint in service:
    `endpoint/<name>/variant/<name>`.
    """
    if params["ScalableDimension"] != _VARIANT_COUNT:
        return
    parts = params["ResourceId"].split("/")
    is_variant = len(parts) == 4 and (parts[0], parts[2]) == ("endpoint", "variant")
    endpoint = store.find("Endpoint", parts[1]) if is_variant else None
    variants = [each["VariantName"] for each in (endpoint or {}).get("ProductionVariants", [])]
    if not is_variant or parts[3] not in variants:
        raise ApiError(
            "ValidationException", f"Endpoint or variant not found: {params['ResourceId']}"
        )


def _deregister(params: Params) -> Params:
    key = _key(params)
    if key not in _targets:
        raise _not_found("scalable target", params)
    _targets.pop(key)
    for policy in [each for each in _policies if each[0] == key]:
        _policies.pop(policy)
    return {}


def _put_policy(params: Params) -> Params:
    key = _key(params)
    if key not in _targets:
        raise _not_found("scalable target", params)
    name = (key, params["PolicyName"])
    known = _policies.get(name) or {
        "CreationTime": time.time(),
        "PolicyARN": _arn(
            "autoscaling",
            f"scalingPolicy:{uuid.uuid4()}:resource/{params['ServiceNamespace']}"
            f"/{params['ResourceId']}:policyName/{params['PolicyName']}",
        ),
    }
    _policies[name] = {"PolicyType": "StepScaling"} | known | params
    return {"PolicyARN": known["PolicyARN"], "Alarms": []}


def _remove_policy(params: Params) -> Params:
    name = (_key(params), params["PolicyName"])
    if name not in _policies:
        raise _not_found("scaling policy", params)
    _policies.pop(name)
    return {}


def _describe_targets(params: Params) -> Params:
    wanted = params.get("ResourceIds")
    return {
        "ScalableTargets": [
            each
            for each in _selected(_targets, params)
            if not wanted or each["ResourceId"] in wanted
        ]
    }


def _describe_policies(params: Params) -> Params:
    wanted = params.get("PolicyNames")
    found = [
        each for each in _selected(_policies, params) if not wanted or each["PolicyName"] in wanted
    ]
    return {"ScalingPolicies": found}


def _selected(table: AccountRegionScopedDict, params: Params) -> list[Params]:
    given = {key: params[key] for key in _KEYS if key in params}
    return [
        each for each in table.values() if all(each[key] == value for key, value in given.items())
    ]


def _key(params: Params) -> tuple[str, ...]:
    return tuple(params[name] for name in _KEYS)


def _not_found(what: str, params: Params) -> ApiError:
    named = ", ".join(f"{name}: {params[name]}" for name in _KEYS)
    return ApiError("ObjectNotFoundException", f"No {what} found for {named}")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _service_role() -> str:
    role = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    path = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
    return f"arn:aws:iam::{get_account_id()}:role/{path}/{role}"


def _provision_target(logical_id: str, properties: Params, stack_name: str) -> tuple[str, Params]:
    accepted = {
        key: value
        for key, value in properties.items()
        if key not in ("ScheduledActions", "RoleARN")
    }
    for key in ("MinCapacity", "MaxCapacity"):
        accepted[key] = int(accepted[key])
    call("RegisterScalableTarget", accepted)
    physical_id = "|".join(
        accepted[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")
    )
    return physical_id, {"Id": physical_id}


def _delete_target(physical_id: str, properties: Params) -> None:
    key = _key(properties)
    if key in _targets:
        call("DeregisterScalableTarget", dict(zip(_KEYS, key, strict=True)))


def _provision_policy(logical_id: str, properties: Params, stack_name: str) -> tuple[str, Params]:
    accepted = dict(properties)
    if target := accepted.pop("ScalingTargetId", None):
        names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
        accepted |= dict(zip(names, target.split("|"), strict=True))
    renamed = "TargetTrackingScalingPolicyConfiguration"
    if renamed in accepted:
        config = dict(accepted[renamed])
        accepted[renamed] = config | {"TargetValue": float(config["TargetValue"])}
    arn = call("PutScalingPolicy", accepted)["PolicyARN"]
    return arn, {"Arn": arn}


def _delete_policy(physical_id: str, properties: Params) -> None:
    for name, policy in _policies.items():
        if policy["PolicyARN"] == physical_id:
            _policies.pop(name)


_OPERATIONS: dict[str, Callable[[Params], Params]] = {
    "RegisterScalableTarget": _register,
    "DeregisterScalableTarget": _deregister,
    "DescribeScalableTargets": _describe_targets,
    "PutScalingPolicy": _put_policy,
    "DeleteScalingPolicy": _remove_policy,
    "DescribeScalingPolicies": _describe_policies,
}
