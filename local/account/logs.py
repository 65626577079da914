"""Logs subscriptions: filter patterns with CloudWatch's meaning, and delivery to Firehose under the
filter's role.
"""

import base64
import gzip
import json
import logging
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from local.account import seams
from local.account.filter_patterns import Predicate, UnsupportedPattern, compile_pattern
from local.account.identity import assumption_denied, role_denied

logger = logging.getLogger("ghosteam.logs")

_FILTERS_A_GROUP = 2
_compiled = lru_cache(maxsize=256)(compile_pattern)


def install() -> None:
    """Replace ministack's pattern match, and add the Firehose destination it stores but never
    serves.
    """
    from ministack.services import cloudwatch_logs

    seams.require(cloudwatch_logs, "_log_groups")
    seams.replace(cloudwatch_logs, "_append_log_events", _numbered)
    seams.replace(cloudwatch_logs, "_subscription_pattern_matches", lambda original: _matches)
    seams.replace(cloudwatch_logs, "_put_subscription_filter", _checked_filter)
    seams.replace(cloudwatch_logs, "_fanout_to_subscription_filters", _also_to_firehose)


def _numbered(original: Callable[..., None]) -> Callable[..., None]:
    """Lambda's log events get an id too: readers tell events apart by it."""

    def append_log_events(stream: Any, events: list[dict[str, Any]]) -> None:
        for event in events:
            event.setdefault("eventId", str(uuid.uuid4().int))
        original(stream, events)

    return append_log_events


def _matches(pattern: str | None, message: str | None) -> bool:
    predicate: Predicate = _compiled(pattern or "")
    return predicate(message or "")


def _checked_filter(original: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    from ministack.core.responses import error_response_json
    from ministack.services import cloudwatch_logs

    def put_subscription_filter(data: dict[str, Any]) -> Any:
        group = cloudwatch_logs._log_groups.get(data.get("logGroupName")) or {}
        others = set(group.get("subscriptionFilters") or {}) - {data.get("filterName")}
        if len(others) >= _FILTERS_A_GROUP:
            return error_response_json("LimitExceededException", "Resource limit exceeded.", 400)
        try:
            _compiled(data.get("filterPattern") or "")
        except UnsupportedPattern as refused:
            return error_response_json("InvalidParameterException", str(refused), 400)
        destination = str(data.get("destinationArn", ""))
        if ":function:" not in destination:
            if not _is_firehose(destination):
                message = (
                    "The embedded account delivers logs to Lambda and Firehose, not to "
                    f"{destination}"
                )
                return error_response_json("InvalidParameterException", message, 400)
            if denied := _delivery_denied(data):
                message = (
                    "Could not deliver test message to specified Firehose stream. "
                    f"Check if the given Firehose stream is in ACTIVE state. {denied}"
                )
                return error_response_json("InvalidParameterException", message, 400)
        return original(data)

    return put_subscription_filter


def _is_firehose(arn: str) -> bool:
    return arn.startswith("arn:aws:firehose:") and ":deliverystream/" in arn


def _delivery_denied(subscription: dict[str, Any]) -> str | None:
    role = str(subscription.get("roleArn") or "")
    return assumption_denied(role, "logs.amazonaws.com") or role_denied(
        role, "firehose:PutRecord", subscription["destinationArn"]
    )


def _also_to_firehose(original: Callable[..., None]) -> Callable[..., None]:
    from ministack.services import cloudwatch_logs

    def fan_out(group_name: str, stream_name: str, events: list[dict[str, Any]]) -> None:
        original(group_name, stream_name, events)
        group = cloudwatch_logs._log_groups.get(group_name) or {}
        for subscription in list((group.get("subscriptionFilters") or {}).values()):
            if not _is_firehose(subscription.get("destinationArn", "")):
                continue
            matched = [
                event
                for event in events
                if _matches(subscription.get("filterPattern"), event.get("message"))
            ]
            if matched:
                _deliver(subscription, group_name, stream_name, matched)

    return fan_out


def _deliver(
    subscription: dict[str, Any], group: str, stream: str, events: list[dict[str, Any]]
) -> None:
    from ministack.core.responses import get_account_id
    from ministack.services import cloudwatch, firehose

    labels = {
        "LogGroupName": group,
        "DestinationType": "Firehose",
        "FilterName": subscription["filterName"],
    }
    if denied := _delivery_denied(subscription):
        logger.warning("subscription %s of %s: %s", subscription["filterName"], group, denied)
        cloudwatch.record_metric("AWS/Logs", "DeliveryErrors", 1, "None", labels)
        return
    now = int(time.time() * 1000)
    envelope = {
        "messageType": "DATA_MESSAGE",
        "owner": get_account_id(),
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [subscription["filterName"]],
        "logEvents": [
            {
                "id": uuid.uuid4().hex,
                "timestamp": event.get("timestamp", now),
                "message": event.get("message", ""),
            }
            for event in events
        ],
    }
    data = base64.b64encode(gzip.compress(json.dumps(envelope).encode())).decode()
    name = subscription["destinationArn"].rsplit("/", 1)[-1]
    status, _, body = seams.require(firehose, "_put_record")(
        {"DeliveryStreamName": name, "Record": {"Data": data}}
    )
    if status >= 400:
        logger.warning("subscription %s of %s: %r", subscription["filterName"], group, body)
        cloudwatch.record_metric("AWS/Logs", "DeliveryErrors", 1, "None", labels)
        return
    cloudwatch.record_metric("AWS/Logs", "ForwardedLogEvents", len(events), "None", labels)
