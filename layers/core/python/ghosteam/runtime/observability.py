"""Structured logs and embedded metrics, the same everywhere."""

from __future__ import annotations

import os

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Ghosteam"

# Named here and not through POWERTOOLS_SERVICE_NAME: that variable would add a dimension to every metric.
logger = Logger(service=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "ghosteam"))


def count(name: str, value: float, **dimensions: str) -> None:
    """Publish one embedded metric record with exactly these dimensions, stamped now."""
    with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE) as metric:
        for dimension, text in dimensions.items():
            metric.add_dimension(name=dimension, value=text)
