"""Asked by a person: go back to the model that served before."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import Settings
from ghosteam.steps.roll_back import roll_back


@cache
def _context() -> tuple[StateTable, Bus]:
    settings = Settings.from_environment(os.environ)
    return StateTable(boto3.client("dynamodb"), settings.state_table), Bus(
        boto3.client("events"), settings.bus_name
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, bus = _context()
    way = roll_back(
        find_problem(deployed_problems(), event["problem"]).problem,
        to=event.get("to"),
        reason=event["reason"],
        requested_by=event["requested_by"],
        state=state,
        bus=bus,
        now=datetime.now(UTC),
    )
    return {"how": way.how, "version": way.version, "from": way.left}


handler = task_handler(_handle)
