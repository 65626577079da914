"""On a schedule: repair what rollouts and runs left behind whose executions died."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.aws.executions import ExecutionReader
from ghosteam.aws.registry import Registry
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import ReconcileSettings
from ghosteam.steps.finish_run import finish_run
from ghosteam.steps.reconcile import Reconciling, carry_out_repairs


@cache
def _adapters() -> Reconciling:
    settings = ReconcileSettings.from_environment(os.environ)
    state = StateTable(boto3.client("dynamodb"), settings.state_table)
    bus = Bus(boto3.client("events"), settings.bus_name)
    executions = ExecutionReader(boto3.client("stepfunctions"))

    def close_run(execution: str) -> None:
        if detail := executions.describe(execution):
            finish_run(detail, now=datetime.now(UTC), state=state, bus=bus)

    return Reconciling(
        state=state,
        bus=bus,
        admin=EndpointAdmin(
            boto3.client("sagemaker"),
            boto3.client("application-autoscaling"),
            environment=settings.environment_name,
        ),
        registry=Registry(settings.mlflow_tracking_uri),
        is_running=executions.is_running,
        close_run=close_run,
        name_prefix=settings.name_prefix,
    )


def _handle(_event: dict[str, Any]) -> dict[str, Any]:
    return {"repairs": carry_out_repairs(deployed_problems(), _adapters(), now=datetime.now(UTC))}


handler = task_handler(_handle, step="reconcile")
