"""Rollout task: give a slot its share of the traffic."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.shift_traffic import shift_traffic

aws = Wiring(RecordSettings, boto3.client)


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    shifted = shift_traffic(event, state=aws.state, artifacts=aws.artifacts, now=datetime.now(UTC))
    return {"slot": shifted.slot, "since": shifted.since.isoformat()}


handler = task_handler(_handle)
