"""What CloudWatch counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

HOUR_SECONDS = 3600


class Metrics:
    """Reads the metrics of one namespace. ``client`` is a boto3 CloudWatch client."""

    def __init__(self, client: CloudWatchClient, namespace: str) -> None:
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
