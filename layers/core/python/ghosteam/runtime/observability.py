"""Structured logs and embedded metrics, the same everywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

REQUEST_ID = "x-request-id"
"""Header of an answer: by which id the request is found in logs."""
HEARTBEAT = "Heartbeat"
"""Metric of a scheduled step that ran to its end; its absence alarms. Dimension ``Step``."""

# Named here and not through POWERTOOLS_SERVICE_NAME: that variable would add a dimension to every
# metric.
logger = Logger(service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "ghosteam"))


def namespace(environment: str) -> str:
    """The namespace of an environment's metrics: two environments of one account must not mix."""
    return f"Ghosteam/{environment}"


def begin_request(event: Mapping[str, object]) -> dict[str, str]:
    """From here on each line has the id of the HTTP API's request ``event`` as ``correlation_id``.
    Returns the header that tells the caller.
    """
    context = event.get("requestContext")
    id = context.get("requestId") if isinstance(context, Mapping) else None
    logger.set_correlation_id(id)
    return {REQUEST_ID: id} if id else {}


def id_within_request() -> str:
    """A new id of something that is done for the request: it begins with the request's own."""
    request = logger.get_correlation_id()
    return f"{request}/{uuid4().hex[:12]}" if request else str(uuid4())


def heartbeat(step: str) -> None:
    """Say that a scheduled step ran to its end."""
    count(HEARTBEAT, 1, Step=step)


def count(name: str, value: float, **dimensions: str) -> None:
    """Publish how often something was, as one embedded metric record with exactly these dimensions,
    stamped now.
    """
    _publish(name, MetricUnit.Count, value, dimensions)


def measure(name: str, value: float, **dimensions: str) -> None:
    """The same of a quantity that is no number of things; its name says the unit it has."""
    _publish(name, MetricUnit.NoUnit, value, dimensions)


def _publish(name: str, unit: MetricUnit, value: float, dimensions: Mapping[str, str]) -> None:
    place = namespace(os.environ.get("GHOSTEAM_ENVIRONMENT_NAME", "unknown"))
    with single_metric(name=name, unit=unit, value=value, namespace=place) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)
