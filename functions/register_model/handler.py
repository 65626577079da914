"""Retraining task: register the run's chosen model, or record why it was refused."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.registry import Registry
from ghosteam.aws.state import StateTable
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.settings import RegisterSettings
from ghosteam.steps.register_model import register_model


@cache
def _context() -> tuple[Objects, StateTable, Registry, Bus]:
    settings = RegisterSettings.from_environment(os.environ)
    return (
        Objects(boto3.client("s3"), settings.artifact_bucket),
        StateTable(boto3.client("dynamodb"), settings.state_table),
        Registry(settings.mlflow_tracking_uri),
        Bus(boto3.client("events"), settings.bus_name),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    artifacts, state, registry, bus = _context()
    registered = register_model(
        event["problem"],
        event["run_id"],
        artifacts=artifacts,
        state=state,
        registry=registry,
        bus=bus,
        refit=bool(event["refit"]),
        now=datetime.now(UTC),
    )
    return {
        "decision": registered.decision,
        "version": registered.version,
        "reasons": list(registered.reasons),
    }


handler = task_handler(_handle)
