"""POST /v1/{problem}/labels: outcomes land as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import http_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LandingSettings
from ghosteam.serving.scopes import require
from ghosteam.steps.accept_labels import accept_labels

aws = Wiring(LandingSettings, boto3.client)


def _handle(request: dict[str, Any]) -> dict[str, Any]:
    problem = request["pathParameters"]["problem"]
    require(request, "write", problem)
    return accept_labels(
        problem,
        request.get("body") or "",
        base64_encoded=bool(request.get("isBase64Encoded")),
        landing=aws.landing,
        problems=deployed_problems(),
        now=datetime.now(UTC),
    )


handler = http_handler(202, _handle)
