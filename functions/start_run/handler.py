"""Retraining task: take the lease and write the run's plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.documents.requests import ExecutedRun
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import RunExecution
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RunSettings
from ghosteam.steps.start_run import start_run

aws = Wiring(RunSettings, boto3.client)


def _handle(event: RunExecution) -> Mapping[str, object]:
    request: ExecutedRun = {**event["request"], "execution": event["execution"]}
    return start_run(
        find_problem(deployed_problems(), request["problem"]),
        request,
        now=datetime.now(UTC),
        state=aws.state,
        artifacts=aws.artifacts,
        bus=aws.bus,
        lake_bucket=aws.settings.lake_bucket,
        online_prefix=aws.settings.online_prefix,
        name_prefix=aws.settings.name_prefix,
    )


handler = task_handler(_handle)
