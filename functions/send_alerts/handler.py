"""SQS ← topic of alerts, schedule, or invocation with ``{"test": problem, "channel": name}``: tell
the channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from ghosteam.alerting.message import Notification
from ghosteam.alerting.routes import read
from ghosteam.aws.wiring import Wiring
from ghosteam.json_object import JsonObject
from ghosteam.runtime.boundary import queue_handler, queue_or_task_handler, task_handler
from ghosteam.runtime.settings import SendSettings
from ghosteam.runtime.web import post
from ghosteam.steps.send_alerts import Channels, Due, take_message, tell_what_is_due, try_channels

aws = Wiring(SendSettings, boto3.client)


def _channels() -> Channels:
    return Channels(
        routes=read(aws.settings.channels),
        environment=aws.settings.environment_name,
        source=aws.settings.source,
        topics_prefix=aws.settings.topics_prefix,
        state=aws.state,
        topics=aws.topics,
        secrets=aws.secrets,
        post=post,
        put=aws.work_queue.put,
    )


def _on_message(message: Due | Notification) -> None:
    take_message(message, _channels(), now=datetime.now(UTC))


def _on_clock(_event: JsonObject) -> Mapping[str, object]:
    return {"due": tell_what_is_due(_channels(), now=datetime.now(UTC))}


def _on_test(event: JsonObject) -> Mapping[str, object]:
    now = datetime.now(UTC)
    return {"told": try_channels(event["test"], event.get("channel"), _channels(), now=now)}


_queue = queue_handler(_on_message, lambda: aws.work_queue)
_clock = task_handler(_on_clock, step="send_alerts")
_test = task_handler(_on_test)


def _called(event: JsonObject, context: object) -> dict[str, object]:
    """A test names its problem; anything else is the clock."""
    return _test(event, context) if "test" in event else _clock(event, context)


handler = queue_or_task_handler(_queue, _called)
