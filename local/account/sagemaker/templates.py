"""CloudFormation types of SageMaker: `AWS::SageMaker::MlflowApp`.

Jobs are not CloudFormation resources, and models and endpoints are made by workflows, so no other
type is offered; a template with one is refused whole.
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from local.account import seams
from local.account.sagemaker import mlflow_apps, operations

_TYPE = "AWS::SageMaker::MlflowApp"


def install() -> None:
    """Register the type; its handlers block, so CloudFormation runs them on a worker thread."""
    seams.require(provisioners, "_RESOURCE_HANDLERS")[_TYPE] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }
    seams.replace(
        stacks,
        "_runs_on_worker_thread",
        lambda original: lambda kind: kind == _TYPE or bool(original(kind)),
    )


def _create(
    logical_id: str, properties: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    arn = operations.call("CreateMlflowApp", dict(properties))["Arn"]
    return arn, _attributes(arn)


def _update(
    physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, Any]]:
    if any(old.get(key) != new.get(key) for key in ("Name", "RoleArn")):
        return _create("", new, stack_name)
    changeable = ("ArtifactStoreUri", "ModelRegistrationMode", "WeeklyMaintenanceWindowStart")
    changed: dict[str, Any] = {key: new[key] for key in changeable if key in new}
    operations.call("UpdateMlflowApp", {"Arn": physical_id, **changed})
    return physical_id, _attributes(physical_id)


def _delete(physical_id: str, properties: dict[str, Any]) -> None:
    operations.call("DeleteMlflowApp", {"Arn": physical_id})


def _attributes(arn: str) -> dict[str, Any]:
    app = mlflow_apps.get(arn)
    return {
        "Arn": arn,
        "MlflowAppId": app["MlflowAppName"],
        "Status": app["Status"],
        "CreationTime": _iso(app["CreationTime"]),
        "LastModifiedTime": _iso(app["LastModifiedTime"]),
    }


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
