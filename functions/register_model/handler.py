"""Retraining task: register the run's chosen model, or record why it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfChosenModel
from ghosteam.runtime.settings import RegisterSettings
from ghosteam.steps.register_model import register_model

aws = Wiring(RegisterSettings, boto3.client)


def _handle(event: OfChosenModel) -> Mapping[str, object]:
    registered = register_model(
        event["problem"],
        event["run_id"],
        artifacts=aws.artifacts,
        state=aws.state,
        registry=aws.registry,
        bus=aws.bus,
        refit=bool(event["refit"]),
        now=datetime.now(UTC),
    )
    return {
        "decision": registered.decision,
        "version": registered.version,
        "reasons": list(registered.reasons),
    }


handler = task_handler(_handle)
