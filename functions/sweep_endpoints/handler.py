"""Custom resource: when its stack is deleted, so are the endpoints that workflows made."""

from __future__ import annotations

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.custom_resource import custom_resource_handler
from ghosteam.runtime.settings import SweepSettings

aws = Wiring(SweepSettings, boto3.client)


def _handle(request: str, _properties: object) -> dict[str, str]:
    if request != "Delete":
        return {}
    return {"retired": ",".join(aws.endpoint_admin.sweep(f"{aws.settings.name_prefix}-"))}


handler = custom_resource_handler(_handle, physical_id="ghosteam-endpoints")
