"""MlflowApp records. The MLflow server itself is a process beside the account; this is its control
plane.
"""

from __future__ import annotations

import json
import os
import secrets
from typing import Any

from local.account.sagemaker import store
from local.account.sagemaker.errors import ApiError
from local.account.sagemaker.store import Record

_ENDPOINT = "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"


def create(params: dict[str, Any]) -> dict[str, Any]:
    """Create an app; it is Created at once."""
    if any(app["Name"] == params["Name"] for app in store.all_of("MlflowApp")):
        raise ApiError(
            "ConflictException", f"An MLflow App with name {params['Name']} already exists."
        )
    identifier = f"app-{secrets.token_hex(6)}"
    record = store.add(
        "MlflowApp", identifier, **params, Status="Created", MaintenanceStatus="MaintenanceComplete"
    )
    record["Arn"] = record["MlflowAppArn"]
    record.setdefault("ModelRegistrationMode", "AutoModelRegistrationDisabled")
    return {"Arn": record["Arn"]}


def get(arn: str) -> Record:
    """The app that an ARN names, or ResourceNotFound."""
    record = store.find("MlflowApp", arn.rpartition("/")[2])
    if record is None:
        raise ApiError("ResourceNotFound", f"MLflow App {arn} not found.")
    return record


def update(params: dict[str, Any]) -> dict[str, Any]:
    """Change an app's settings."""
    record = get(params["Arn"])
    store.change(record, **params, Status="Updated")
    return {"Arn": record["Arn"]}


def delete(arn: str) -> dict[str, Any]:
    """Forget an app."""
    record = get(arn)
    store.remove("MlflowApp", record["MlflowAppName"])
    return {"Arn": arn}


def presigned_url(arn: str) -> dict[str, Any]:
    """The address of the MLflow server that runs beside the account."""
    get(arn)
    address = json.loads(os.environ.get("GHOSTEAM_JOB_ENV") or "{}").get(_ENDPOINT)
    if not address:
        raise ApiError(
            "ValidationException", f"No MLflow server runs: {_ENDPOINT} is not in GHOSTEAM_JOB_ENV."
        )
    return {"AuthorizedUrl": address}
