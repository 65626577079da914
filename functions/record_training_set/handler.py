"""Retraining task: put on record what the job that built the training set left."""

from __future__ import annotations

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfRun
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.record_training_set import record_training_set

aws = Wiring(RecordSettings, boto3.client)


def _handle(event: OfRun) -> dict[str, str]:
    return record_training_set(
        event["problem"], event["run_id"], artifacts=aws.artifacts, state=aws.state
    )


handler = task_handler(_handle)
