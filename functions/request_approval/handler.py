"""Rollout task with a token: ask people to approve a model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import Approvable
from ghosteam.runtime.settings import ApprovalSettings
from ghosteam.steps.request_approval import request_approval

aws = Wiring(ApprovalSettings, boto3.client)


def _handle(event: Approvable) -> Mapping[str, object]:
    now = datetime.now(UTC)
    request_approval(
        event,
        state=aws.state,
        artifacts=aws.artifacts,
        alerts=aws.alerts,
        environment=aws.settings.environment_name,
        now=now,
    )
    return {"asked_at": now.isoformat()}


handler = task_handler(_handle)
