"""Rollout task: promote the challenger or drop it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import RolloutEnd
from ghosteam.runtime.settings import FinishSettings
from ghosteam.steps.finish_rollout import finish_rollout

aws = Wiring(FinishSettings, boto3.client)


def _handle(event: RolloutEnd) -> Mapping[str, object]:
    now = datetime.now(UTC)
    retire = finish_rollout(event, state=aws.state, bus=aws.bus, registry=aws.registry, now=now)
    return {"retire": {"endpoint_name": retire} if retire else None}


handler = task_handler(_handle)
