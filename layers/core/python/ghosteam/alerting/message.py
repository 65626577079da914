"""What the topic of alerts sends, as an alert: of CloudWatch, of EventBridge, of our own steps, or
what anybody wrote.

Source: SNS developer guide, "Parsing message formats", the JSON of a notification.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import NotRequired, TypedDict, final

from ghosteam.alerting.alarms import alert_of_alarm, is_alarm
from ghosteam.alerting.events import alert_of_event, is_event
from ghosteam.channels.alert import Alert, cut
from ghosteam.documents.alert_message import AlertMessage
from ghosteam.documents.stored import FORM
from ghosteam.json_object import JsonObject

_LINE, _LINES, _WIDTH = 200, 40, 500


@final
class Notification(TypedDict):
    """What SNS sends."""

    Message: str
    MessageId: str
    Timestamp: str
    Subject: NotRequired[str | None]


def content_of(notification: Notification) -> JsonObject:
    """The document that a notification brings; empty where its message is text."""
    try:
        found = json.loads(notification["Message"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def alert_of(notification: Notification, environment: str) -> Alert | None:
    """The alert of an SNS notification; None where it is about nothing that people are told.

    Raises Defect for an alert of our own that cannot be read.
    """
    document = content_of(notification)
    if is_alarm(document):
        return alert_of_alarm(document, environment)
    if is_event(document):
        return alert_of_event(document, environment)
    if FORM in document and "alert" in document:
        return AlertMessage.from_json(document).alert
    return _of_text(notification)


def _of_text(notification: Notification) -> Alert:
    """Whatever somebody published: it is told as it is written."""
    text = str(notification["Message"])
    lines = [line for line in text.splitlines() if line.strip()] or ["(an empty message)"]
    at = datetime.fromisoformat(str(notification["Timestamp"])).astimezone(UTC)
    subject = str(notification.get("Subject") or lines[0])
    return Alert(
        condition=f"message {notification['MessageId']}",
        state="news",
        severity="warning",
        problem=None,
        what=cut(" ".join(subject.split()), _LINE),
        details=tuple(cut(line, _WIDTH) for line in lines[:_LINES]),
        did="",
        look=(),
        since=at,
        until=None,
        at=at,
    )
