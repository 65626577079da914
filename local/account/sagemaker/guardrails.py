"""The alarms that an endpoint's update is guarded by.

All traffic shifts at once here, whatever routing the request asks for; the alarms are watched for
as long as the shift and the wait before termination would take, and one of them in ALARM takes the
update back. Source: SageMaker developer guide, "Deployment guardrails for updating models in
production".
"""

from __future__ import annotations

import time
from typing import Any

from ministack.services import cloudwatch

_POLL_SECONDS = 0.2
_WHOLE_FLEET = 100


def tripped_alarm(deployment: dict[str, Any]) -> str | None:
    """Watch a `DeploymentConfig`'s alarms; the name of the first in ALARM, None when the time
    passes without one.
    """
    alarms: list[str] = [
        each["AlarmName"]
        for each in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    ]
    deadline = time.monotonic() + baking_seconds(deployment)
    while True:
        for name in alarms:
            if cloudwatch._alarms.get(name, {}).get("StateValue") == "ALARM":
                return name
        if time.monotonic() >= deadline:
            return None
        time.sleep(_POLL_SECONDS)


def baking_seconds(deployment: dict[str, Any]) -> float:
    """How long the old and the new fleet stand side by side after the first traffic moved."""
    if rolling := deployment.get("RollingUpdatePolicy"):
        return float(rolling["WaitIntervalInSeconds"])
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    interval = float(routing.get("WaitIntervalInSeconds", 0))
    step = routing.get("LinearStepSize", {})
    percent = step["Value"] if step.get("Type") == "CAPACITY_PERCENT" else _WHOLE_FLEET
    intervals = {"CANARY": 1, "LINEAR": max(1, -(-_WHOLE_FLEET // percent))}.get(
        routing.get("Type", ""), 0
    )
    return intervals * interval + float(policy.get("TerminationWaitInSeconds", 0))
