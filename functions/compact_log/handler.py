"""Schedule: compact what Firehose delivered of the prediction log, and compare what the log holds
with what the API counted.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.metrics import Metrics
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.observability import namespace
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import DataSettings
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.log_loss import reconcile_log


@cache
def _adapters() -> tuple[Objects, StateTable, Metrics]:
    settings = DataSettings.from_environment(os.environ)
    return (
        Objects(boto3.client("s3"), settings.lake_bucket),
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Metrics(boto3.client("cloudwatch"), namespace(settings.environment_name)),
    )


def _handle(_event: dict[str, Any]) -> dict[str, Any]:
    lake, state, metrics = _adapters()
    now = datetime.now(UTC)
    compacted = compact_log(lake, state, now=now)
    losses = reconcile_log(deployed_problems(), state=state, metrics=metrics, now=now)
    return {
        "compacted": asdict(compacted),
        "losses": {problem: asdict(loss) for problem, loss in losses.items()},
    }


handler = task_handler(_handle, step="compact_log")
