"""POST /v1/{problem}/labels: outcomes land as a file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.runtime.boundary import http_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LandingSettings
from ghosteam.serving.scopes import require
from ghosteam.steps.accept_labels import accept_labels


@cache
def _landing() -> Objects:
    settings = LandingSettings.from_environment(os.environ)
    return Objects(boto3.client("s3"), settings.landing_bucket)


def _handle(request: dict[str, Any]) -> dict[str, Any]:
    problem = request["pathParameters"]["problem"]
    require(request, "write", problem)
    return accept_labels(
        problem,
        request.get("body") or "",
        base64_encoded=bool(request.get("isBase64Encoded")),
        landing=_landing(),
        problems=deployed_problems(),
        now=datetime.now(UTC),
    )


handler = http_handler(202, _handle)
