"""Asked by a person: go back to the model that served before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import Settings
from ghosteam.steps.roll_back import roll_back

aws = Wiring(Settings, boto3.client)


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    way = roll_back(
        find_problem(deployed_problems(), event["problem"]).problem,
        to=event.get("to"),
        reason=event["reason"],
        requested_by=event["requested_by"],
        state=aws.state,
        bus=aws.bus,
        now=datetime.now(UTC),
    )
    return {"how": way.how, "version": way.version, "from": way.left}


handler = task_handler(_handle)
