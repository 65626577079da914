"""Custom resource: when an alarm on a step's silence is deployed, that counts as a turn of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.custom_resource import custom_resource_handler
from ghosteam.runtime.settings import Settings
from ghosteam.steps.expect_turns import expect_turns

aws = Wiring(Settings, boto3.client)


def _handle(request: str, properties: Mapping[str, str]) -> dict[str, str]:
    if request == "Delete":
        return {}
    known = expect_turns(properties["Step"], metrics=aws.metrics, now=datetime.now(UTC))
    return {"known": str(known)}


handler = custom_resource_handler(_handle, physical_id="ghosteam-turns")
