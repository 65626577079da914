"""Schedule, or invocation with ``{"problem", "source"}``: what is new at an HTTP API or in a
database lands as a file.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import PullSettings
from ghosteam.sources.databases import open_cursor
from ghosteam.sources.http_client import fetch
from ghosteam.steps.pull_source import Pulling, pull_source

aws = Wiring(PullSettings, boto3.client)


def _handle(event: JsonObject) -> Mapping[str, object]:
    pulling = Pulling(
        landing=aws.landing,
        watermarks=aws.watermarks,
        secrets=aws.secrets,
        fetch=fetch,
        open_cursor=open_cursor,
        wait=time.sleep,
        problems=deployed_problems(),
    )
    return pull_source(event, pulling, now=datetime.now(UTC))


handler = task_handler(_handle, step="pull_source")
