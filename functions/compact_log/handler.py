"""Schedule: compact what Firehose delivered of the prediction log, and compare what the log holds
with what the API counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LakeStateSettings
from ghosteam.steps.compact_log import compact_log
from ghosteam.steps.lost_records import reconcile_log

aws = Wiring(LakeStateSettings, boto3.client)


def _handle(_event: JsonObject) -> Mapping[str, object]:
    now = datetime.now(UTC)
    compacted = compact_log(aws.lake, aws.state, now=now)
    losses = reconcile_log(deployed_problems(), state=aws.state, metrics=aws.metrics, now=now)
    return {
        "compacted": asdict(compacted),
        "losses": {problem: asdict(loss) for problem, loss in losses.items()},
    }


handler = task_handler(_handle, step="compact_log")
