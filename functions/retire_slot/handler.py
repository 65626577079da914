"""Rollout task: take down an endpoint that is needed no more."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.endpoints import EndpointAdmin
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import Settings
from ghosteam.steps.retire_slot import retire_slot


@cache
def _context() -> tuple[StateTable, EndpointAdmin]:
    settings = Settings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        EndpointAdmin(
            boto3.client("sagemaker"),
            boto3.client("application-autoscaling"),
            environment=settings.environment_name,
        ),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, admin = _context()
    retired = retire_slot(
        event["endpoint_name"], problems=deployed_problems(), state=state, admin=admin
    )
    return {"retired": retired}


handler = task_handler(_handle)
