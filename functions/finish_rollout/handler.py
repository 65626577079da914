"""Rollout task: promote the challenger or drop it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.registry import Registry
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RegistrySettings
from ghosteam.steps.finish_rollout import finish_rollout


@cache
def _context() -> tuple[StateTable, Bus, Registry]:
    settings = RegistrySettings.from_environment(os.environ)
    return (
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Bus(boto3.client("events"), settings.bus_name),
        Registry(settings.mlflow_tracking_uri),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    state, bus, registry = _context()
    now = datetime.now(UTC)
    retire = finish_rollout(event, state=state, bus=bus, registry=registry, now=now)
    return {"retire": {"endpoint_name": retire} if retire else None}


handler = task_handler(_handle)
