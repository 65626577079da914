"""Schedule, or invocation with ``{"problem", "as_of"?}``: compare a window of predictions with the
champion's reference.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.retraining.requests import parse_check
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import MonitorSettings
from ghosteam.steps.check_drift import Monitoring, check_drift


@cache
def _adapters() -> Monitoring:
    settings, s3 = MonitorSettings.from_environment(os.environ), boto3.client("s3")
    return Monitoring(
        lake=Objects(s3, settings.lake_bucket),
        artifacts=Objects(s3, settings.artifact_bucket),
        state=StateTable(boto3.client("dynamodb"), settings.state_table),
        bus=Bus(boto3.client("events"), settings.bus_name),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    problem, as_of = parse_check(event, deployed_problems())
    # Whole hours, so that a schedule's jitter gives neighbouring windows that touch and do not
    # overlap.
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    verdict = check_drift(problem, as_of=as_of or hour, adapters=_adapters())
    return verdict.to_json()


handler = task_handler(_handle, step="check_drift")
