"""SQS ← BatchIngested: apply the contract to a batch."""

from __future__ import annotations

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import queue_handler
from ghosteam.runtime.problems import deployed_problems, repository
from ghosteam.runtime.settings import ValidateSettings
from ghosteam.steps.validate_batch import Validation, validate_batch

aws = Wiring(ValidateSettings, boto3.client)


def _handle(event: JsonObject) -> object:
    validation = Validation(
        lake=aws.lake,
        ledger=aws.ledger,
        state=aws.state,
        bus=aws.bus,
        problems=deployed_problems(),
        repository=repository(),
        function_rows=int(aws.settings.function_rows),
    )
    return validate_batch(event, validation)


handler = queue_handler(_handle, lambda: aws.work_queue)
