"""HTTP API's authorizer: let requests pass whose token is good, with the token's scopes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import task_handler
from ghosteam.runtime.calls import AuthorizerRequest
from ghosteam.runtime.settings import AuthorizeSettings
from ghosteam.steps.authorize_caller import authorize_caller

aws = Wiring(AuthorizeSettings, boto3.client)


def _handle(request: AuthorizerRequest) -> Mapping[str, object]:
    return authorize_caller(
        request, keys=aws.token_keys, issuer=aws.settings.token_issuer, now=datetime.now(UTC)
    )


handler = task_handler(_handle)
