"""Custom resource: when its stack is deleted, so are the endpoints that workflows made."""

from __future__ import annotations

import os

import boto3

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.runtime.custom_resource import custom_resource_handler
from ghosteam.runtime.settings import SweepSettings


def _handle(request: str) -> dict[str, str]:
    if request != "Delete":
        return {}
    settings = SweepSettings.from_environment(os.environ)
    admin = EndpointAdmin(
        boto3.client("sagemaker"),
        boto3.client("application-autoscaling"),
        environment=settings.environment_name,
    )
    return {"retired": ",".join(admin.sweep(f"{settings.name_prefix}-"))}


handler = custom_resource_handler(_handle, physical_id="ghosteam-endpoints")
