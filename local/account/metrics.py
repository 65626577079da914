"""Embedded metrics: a log line in CloudWatch's embedded metric format becomes data points.

Source: "Specification: Embedded metric format", CloudWatch user guide.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.account import seams

logger = logging.getLogger("ghosteam.metrics")

_TWO_WEEKS = 14 * 86_400  # seconds; CloudWatch takes no older data point
_TWO_HOURS = 2 * 3_600  # seconds; nor one further in the future


@dataclass(frozen=True)
class Datum:
    """One metric value set: `timestamp` in epoch seconds."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    timestamp: float
    unit: str
    values: tuple[float, ...]


def install() -> None:
    """Read every log event that any source writes."""
    from ministack.services import cloudwatch, cloudwatch_logs

    for name in ("_store_datum", "_evaluate_all_alarms"):
        seams.require(cloudwatch, name)

    def reading(original: Callable[..., None]) -> Callable[..., None]:
        def append_log_events(stream: Any, events: list[dict[str, Any]]) -> None:
            original(stream, events)
            _publish(
                [datum for event in events for datum in embedded_metrics(event.get("message", ""))]
            )

        return append_log_events

    seams.replace(cloudwatch_logs, "_append_log_events", reading)


def _publish(data: list[Datum]) -> None:
    from ministack.services import cloudwatch

    now = time.time()
    for datum in data:
        if not now - _TWO_WEEKS <= datum.timestamp <= now + _TWO_HOURS:
            logger.warning(
                "%s/%s dropped: its timestamp is out of range", datum.namespace, datum.name
            )
            continue
        cloudwatch._store_datum(
            datum.namespace,
            datum.name,
            datum.dimensions,
            datum.timestamp,
            datum.unit,
            None,
            datum.values,
            None,
            None,
        )
    if data:
        cloudwatch._evaluate_all_alarms()


def embedded_metrics(message: str) -> Iterator[Datum]:
    """The metrics in one log message; none when it is not, or not valid, embedded metric format."""
    start = message.find("{")
    if start < 0 or '"_aws"' not in message:
        return
    try:
        document = json.loads(message[start:])
        metadata = document["_aws"]
        timestamp = float(metadata["Timestamp"]) / 1000
        for directive in metadata["CloudWatchMetrics"]:
            for names in directive.get("Dimensions") or [[]]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in directive["Metrics"]:
                    if metric["Name"] in document:
                        yield _datum(
                            document, directive["Namespace"], metric, dimensions, timestamp
                        )
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("not valid embedded metric format, %r: %s", error, message[:500])


def _datum(
    document: dict[str, Any],
    namespace: str,
    metric: dict[str, Any],
    dimensions: dict[str, str],
    timestamp: float,
) -> Datum:
    value = document[metric["Name"]]
    values = tuple(float(one) for one in (value if isinstance(value, list) else [value]))
    return Datum(
        namespace, metric["Name"], dimensions, timestamp, metric.get("Unit", "None"), values
    )
