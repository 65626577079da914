"""Structured logs and embedded metrics, the same everywhere."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Ghosteam"

logger = Logger(service="ghosteam")


def count(name: str, value: float, **dimensions: str) -> None:
    """Publish one embedded metric record with exactly these dimensions, stamped now."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)


