"""Asked by a person: go back to the model that served before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import RollbackRequest
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import ChangeSettings
from ghosteam.steps.roll_back import roll_back

aws = Wiring(ChangeSettings, boto3.client)


def _handle(event: RollbackRequest) -> Mapping[str, object]:
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
