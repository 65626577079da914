"""What CloudWatch counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from ghosteam.aws.errors import translated

HOUR_SECONDS = 3600


class Statistics(Protocol):
    """What is asked of a boto3 CloudWatch client."""

    def get_metric_statistics(self, **asked: Any) -> Mapping[str, Any]:
        """See CloudWatch's GetMetricStatistics."""


class Metrics:
    """Reads the metrics of one namespace. ``client`` is a boto3 CloudWatch client."""

    def __init__(self, client: Statistics, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def hourly_sums(
        self, name: str, dimensions: Mapping[str, str], begin: datetime, end: datetime
    ) -> Counter[datetime]:
        """Sums by hour (UTC) in ``[begin, end)``, whole hours, at most 1,440 of them."""
        with translated("Reading a metric", metric=name, **dimensions):
            found = self._client.get_metric_statistics(
                Namespace=self._namespace,
                MetricName=name,
                Dimensions=[{"Name": one, "Value": value} for one, value in dimensions.items()],
                StartTime=begin,
                EndTime=end,
                Period=HOUR_SECONDS,
                Statistics=["Sum"],
            )
        sums: Counter[datetime] = Counter()
        for point in found["Datapoints"]:
            moment = point["Timestamp"].astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            sums[moment] += round(point["Sum"])
        return sums
