"""The metrics of AWS's own services that alarms watch: queues, executions, API requests.

Sources: "Available CloudWatch metrics for Amazon SQS", "Step Functions metrics", "Working with
metrics for HTTP APIs", in the services' developer guides. Names and dimensions are theirs. Queues
are looked at every few seconds, where SQS reports once a minute; a queue that is empty reports
nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from local.account import seams

logger = logging.getLogger("ghosteam.metrics")

_INTERVAL = 2.0  # seconds between looks at the queues

EXECUTION_METRICS: Mapping[str, str] = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def install() -> None:
    """Count at the places where these services know what happened."""
    from ministack.services import apigateway, stepfunctions

    seams.replace(stepfunctions, "_emit_execution_status_event", _counted_execution)
    seams.replace(apigateway, "_handle_execute_in_scope", _counted_request)
    threading.Thread(target=_watch_queues, name="queue-metrics", daemon=True).start()


def _record(namespace: str, name: str, value: float, unit: str, dimensions: dict[str, str]) -> None:
    from ministack.services import cloudwatch

    seams.require(cloudwatch, "record_metric")(namespace, name, value, unit, dimensions)


def _counted_execution(
    original: Callable[[dict[str, Any]], None],
) -> Callable[[dict[str, Any]], None]:
    def emit(execution: dict[str, Any]) -> None:
        if name := EXECUTION_METRICS.get(execution["status"]):
            _record(
                "AWS/States", name, 1, "Count", {"StateMachineArn": execution["stateMachineArn"]}
            )
        original(execution)

    return emit


def _counted_request(original: Callable[..., Any]) -> Callable[..., Any]:
    async def execute(api_id: str, *arguments: Any, **more: Any) -> Any:
        began = time.monotonic()
        answer = await original(api_id, *arguments, **more)
        labels, status = {"ApiId": api_id}, int(answer[0])
        _record("AWS/ApiGateway", "Count", 1, "Count", labels)
        _record("AWS/ApiGateway", "4xx", int(400 <= status < 500), "Count", labels)
        _record("AWS/ApiGateway", "5xx", int(status >= 500), "Count", labels)
        _record(
            "AWS/ApiGateway", "Latency", (time.monotonic() - began) * 1000, "Milliseconds", labels
        )
        return answer

    return execute


def queue_values(messages: list[dict[str, Any]], now: float) -> dict[str, tuple[float, str]]:
    """Metric values and units of a queue's messages; none of an empty queue."""
    if not messages:
        return {}
    visible = sum(message["visible_at"] <= now for message in messages)
    oldest = min(message["sent_at"] for message in messages)
    return {
        "ApproximateNumberOfMessagesVisible": (float(visible), "Count"),
        "ApproximateNumberOfMessagesNotVisible": (float(len(messages) - visible), "Count"),
        "ApproximateAgeOfOldestMessage": (now - oldest, "Seconds"),
    }


def _watch_queues() -> None:
    from ministack.core.responses import set_request_account_id, set_request_region
    from ministack.services import sqs

    while True:
        time.sleep(_INTERVAL)
        for (account, region, _), queue in seams.require(sqs, "_queues").all_items():
            try:
                set_request_account_id(account)
                set_request_region(region)
                for name, (value, unit) in queue_values(
                    list(queue["messages"]), time.time()
                ).items():
                    _record("AWS/SQS", name, value, unit, {"QueueName": queue["name"]})
            except Exception:
                logger.exception("the queue %s could not be measured", queue.get("name"))
