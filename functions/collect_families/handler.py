"""Retraining task: put on record what became of each family's training job."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import OfTrainedFamilies
from ghosteam.runtime.settings import RecordSettings
from ghosteam.steps.collect_families import collect_families

aws = Wiring(RecordSettings, boto3.client)


def _handle(event: OfTrainedFamilies) -> Mapping[str, object]:
    found = collect_families(
        event["problem"],
        event["run_id"],
        event["results"],
        artifacts=aws.artifacts,
        state=aws.state,
    )
    return found.to_json()


handler = task_handler(_handle)
