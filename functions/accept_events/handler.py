"""POST /v1/{problem}/events: events land as a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import http_handler
from ghosteam.runtime.calls import HttpRequest
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import LandingSettings
from ghosteam.steps.accept_rows import EVENTS, Posting, accept_rows

aws = Wiring(LandingSettings, boto3.client)


def _handle(request: HttpRequest) -> Mapping[str, object]:
    return accept_rows(
        EVENTS,
        Posting.of(request),
        landing=aws.landing,
        problems=deployed_problems(),
        now=datetime.now(UTC),
    )


handler = http_handler(202, _handle)
