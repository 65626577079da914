"""Schedule, or invocation with ``{"problem", "source"}``: what is new at an HTTP API or in a
database lands as a file.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.aws.secrets import Secrets
from ghosteam.aws.state import StateTable
from ghosteam.aws.watermarks import Watermarks
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LandingSettings
from ghosteam.sources.http_client import fetch
from ghosteam.sources.postgres import open_cursor
from ghosteam.steps.pull_source import Pulling, pull_source


@cache
def _pulling() -> Pulling:
    settings = LandingSettings.from_environment(os.environ)
    return Pulling(
        landing=Objects(boto3.client("s3"), settings.landing_bucket),
        watermarks=Watermarks(StateTable(boto3.client("dynamodb"), settings.state_table)),
        secrets=Secrets(boto3.client("secretsmanager")),
        fetch=fetch,
        open_cursor=open_cursor,
        problems=deployed_problems(),
    )


def _handle(event: dict[str, Any]) -> dict[str, Any]:
    return pull_source(event, _pulling(), now=datetime.now(UTC))


handler = task_handler(_handle, step="pull_source")
