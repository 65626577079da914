"""Rollout task: take the lease and plan the slot."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.problem.load import find_problem
from ghosteam.rollout.plan import Hosting
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import PrepareSettings
from ghosteam.steps.prepare_rollout import NothingToDo, prepare_rollout


@dataclass(frozen=True)
class _Context:
    state: StateTable
    artifacts: Objects
    bus: Bus
    hosting: Hosting


@cache
def _context() -> _Context:
    settings = PrepareSettings.from_environment(os.environ)
    return _Context(
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Objects(boto3.client("s3"), settings.artifact_bucket),
        Bus(boto3.client("events"), settings.bus_name),
        Hosting(
            environment_name=settings.environment_name,
            image=settings.job_image,
            role_arn=settings.endpoint_role_arn,
            name_prefix=settings.name_prefix,
        ),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    context = _context()
    request = event["request"]
    prepared = prepare_rollout(
        find_problem(deployed_problems(), request["problem"]),
        {**request, "execution": event["execution"]},
        state=context.state,
        artifacts=context.artifacts,
        bus=context.bus,
        hosting=context.hosting,
        now=datetime.now(UTC),
    )
    return {"skip": prepared.reason} if isinstance(prepared, NothingToDo) else asdict(prepared)


handler = task_handler(_handle)
