"""On a schedule: repair what rollouts and runs left behind whose executions died."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import ReconcileSettings
from ghosteam.steps.finish_run import finish_run
from ghosteam.steps.reconcile import Reconciling, carry_out_repairs

aws = Wiring(ReconcileSettings, boto3.client)


def _close_run(execution: str) -> None:
    if detail := aws.execution_reader.describe(execution):
        finish_run(detail, now=datetime.now(UTC), state=aws.state, bus=aws.bus)


def _handle(_event: JsonObject) -> Mapping[str, object]:
    adapters = Reconciling(
        state=aws.state,
        bus=aws.bus,
        admin=aws.endpoint_admin,
        registry=aws.registry,
        is_running=aws.execution_reader.is_running,
        close_run=_close_run,
        name_prefix=aws.settings.name_prefix,
    )
    return {"repairs": carry_out_repairs(deployed_problems(), adapters, now=datetime.now(UTC))}


handler = task_handler(_handle, step="reconcile")
