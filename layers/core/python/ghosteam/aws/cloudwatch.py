"""What CloudWatch counted, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef

HOUR_SECONDS = 3600


class Metrics:
    """The metrics of one namespace. ``client`` is a boto3 CloudWatch client."""

    def __init__(self, client: CloudWatchClient, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def count(self, name: str, value: float, dimensions: Mapping[str, str]) -> None:
        """Publish how often something was, stamped now, without a line of a log."""
        with translated("Publishing a metric", metric=name, **dimensions):
            self._client.put_metric_data(
                Namespace=self._namespace,
                MetricData=[
                    {
                        "MetricName": name,
                        "Dimensions": _named(dimensions),
                        "Value": value,
                        "Unit": "Count",
                    }
                ],
            )

    def hourly_sums(
        self, name: str, dimensions: Mapping[str, str], begin: datetime, end: datetime
    ) -> Counter[datetime]:
        """Sums by hour (UTC) in ``[begin, end)``, whole hours, at most 1,440 of them."""
        with translated("Reading a metric", metric=name, **dimensions):
            found = self._client.get_metric_statistics(
                Namespace=self._namespace,
                MetricName=name,
                Dimensions=_named(dimensions),
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


def _named(dimensions: Mapping[str, str]) -> list[DimensionTypeDef]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]
