"""Rollout task: give a slot its share of the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import Shift
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.shift_traffic import shift_traffic

aws = Wiring(RecordSettings, boto3.client)


def _handle(event: Shift) -> Mapping[str, object]:
    shifted = shift_traffic(event, state=aws.state, artifacts=aws.artifacts, now=datetime.now(UTC))
    return {"slot": shifted.slot, "since": shifted.since.isoformat()}


handler = task_handler(_handle)
