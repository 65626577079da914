"""InvokeEndpoint: picks a variant, forwards the request, and measures it.

Source: InvokeEndpoint API reference; CloudWatch metrics "SageMaker AI endpoint invocation metrics".
"""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch

from local.account.sagemaker import endpoints
from local.account.sagemaker.deployments import INVOCATION_SECONDS, Retired
from local.account.sagemaker.endpoints import Variant
from local.account.sagemaker.errors import ApiError
from local.account.sagemaker.store import Record

# The service model's limit on the body; serverless endpoints take less.
_REALTIME_BYTES = 6 * 2**20
_SERVERLESS_BYTES = 4 * 2**20
_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_FORWARDED = ("content-type", "accept", _ATTRIBUTES, "x-amzn-sagemaker-inference-id")

Response = tuple[int, dict[str, str], bytes]


def invoke(name: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Forward one request to a variant's container.

    Args:
        name: endpoint name.
        headers: the request's headers, names in lower case.
        body: the payload.

    Raises:
        ApiError: ValidationError (no such endpoint or variant, body too large), ModelError (424)
            when the container answers an error, closes the connection or takes longer than 60
            seconds.
    """
    started = time.perf_counter()
    while True:
        record, variants = endpoints.fleet(name)
        variant = _choose(record, variants, headers.get("x-amzn-sagemaker-target-variant"))
        _check_size(variant, body)
        try:
            return _forward(record, variant, headers, body, started)
        except Retired:
            continue


def _forward(
    record: Record, variant: Variant, headers: Mapping[str, str], body: bytes, started: float
) -> Response:
    sent = {key: headers[key] for key in _FORWARDED if key in headers}
    called = time.perf_counter()
    try:
        status, answered, content = variant.server.invoke(body, sent)
    except TimeoutError as error:
        _measure(record, variant, started, called, 500)
        raise _model_error(
            record, variant, 0, f"did not answer within {INVOCATION_SECONDS} seconds"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        _measure(record, variant, started, called, 500)
        endpoints.revive(record, variant)
        raise _model_error(record, variant, 0, "closed the connection without an answer") from error
    _measure(record, variant, started, called, status)
    if status >= http.client.MULTIPLE_CHOICES:
        raise _model_error(record, variant, status, content.decode("utf-8", "replace"))
    response = {
        "Content-Type": answered.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant.name,
    }
    if _ATTRIBUTES in answered:
        response["X-Amzn-SageMaker-Custom-Attributes"] = answered[_ATTRIBUTES]
    return status, response, content


def _choose(record: Record, variants: list[Variant], target: str | None) -> Variant:
    if target:
        for variant in variants:
            if variant.name == target:
                return variant
        raise ApiError(
            "ValidationError", f"Variant {target} of endpoint {record['EndpointName']} not found."
        )
    if len(variants) == 1:
        return variants[0]
    weights = {each["VariantName"]: each["CurrentWeight"] for each in record["ProductionVariants"]}
    shares = [float(weights.get(variant.name, 0)) for variant in variants]
    return random.choices(variants, shares if any(shares) else None)[0]


def _check_size(variant: Variant, body: bytes) -> None:
    limit = _SERVERLESS_BYTES if "ServerlessConfig" in variant.config else _REALTIME_BYTES
    if len(body) > limit:
        raise ApiError(
            "ValidationError",
            "1 validation error detected: Value at 'body' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}",
        )


def _model_error(record: Record, variant: Variant, status: int, text: str) -> ApiError:
    """AWS's 424. A status of 0 means that the container gave none."""
    group = f"/aws/sagemaker/Endpoints/{record['EndpointName']}"
    said = f'returned {status} with message "{text}"' if status else text
    account = record["EndpointArn"].split(":endpoint/")[0].replace(":sagemaker:", ":logs:")
    log_arn = f"{account}:log-group:{group}"
    fields: dict[str, Any] = {
        "OriginalStatusCode": status,
        "OriginalMessage": text,
        "LogStreamArn": log_arn,
    }
    message = (
        f"Received error from container: {variant.name} {said}. See {group} in CloudWatch Logs."
    )
    return ApiError("ModelError", message, 424, **fields)


def _measure(record: Record, variant: Variant, started: float, called: float, status: int) -> None:
    where = {"EndpointName": record["EndpointName"], "VariantName": variant.name}
    model = time.perf_counter() - called
    server_error = http.client.INTERNAL_SERVER_ERROR
    client_error = http.client.BAD_REQUEST <= status < server_error
    values = (
        ("Invocations", 1.0, "None"),
        ("InvocationsPerInstance", 1.0, "None"),
        ("ModelLatency", model * 1e6, "Microseconds"),
        ("OverheadLatency", (called - started) * 1e6, "Microseconds"),
        ("Invocation4XXErrors", float(client_error), "None"),
        ("Invocation5XXErrors", float(status >= server_error), "None"),
    )
    for metric, value, unit in values:
        cloudwatch.record_metric("AWS/SageMaker", metric, value, unit, where)
