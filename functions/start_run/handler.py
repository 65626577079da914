"""Retraining task: take the lease and write the run's plan."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import RunSettings
from ghosteam.steps.start_run import start_run


@cache
def _context() -> tuple[RunSettings, StateTable, Objects, Bus]:
    settings = RunSettings.from_environment(os.environ)
    return (
        settings,
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Objects(boto3.client("s3"), settings.artifact_bucket),
        Bus(boto3.client("events"), settings.bus_name),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    settings, state, artifacts, bus = _context()
    request = {**event["request"], "execution": event["execution"]}
    return start_run(
        find_problem(deployed_problems(), request["problem"]),
        request,
        now=datetime.now(UTC),
        state=state,
        artifacts=artifacts,
        bus=bus,
        lake_bucket=settings.lake_bucket,
        online_prefix=settings.online_prefix,
        name_prefix=settings.name_prefix,
    )


handler = task_handler(_handle)
