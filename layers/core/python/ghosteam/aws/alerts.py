"""Topics: the one that alerts come to, and those that channels lead to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.channels.alert import Alert
from ghosteam.channels.channel import Publication
from ghosteam.channels.subject import subject_of
from ghosteam.documents.alert_message import AlertMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Topics:
    """Publishes to topics. ``client`` is a boto3 SNS client."""

    def __init__(self, client: SNSClient) -> None:
        self._client = client

    def publish(self, arn: str, publication: Publication) -> None:
        """Send a message to all who listen to the topic."""
        with translated("Publishing to a topic", topic=arn):
            self._client.publish(
                TopicArn=arn, Subject=publication.subject, Message=publication.text
            )


class Alerts:
    """Tells people. ``client`` is a boto3 SNS client, ``topic_arn`` the topic of alerts."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._topics = Topics(client)
        self._topic_arn = topic_arn

    def send(self, alert: Alert) -> None:
        """Send an alert on its way to the channels."""
        message = json.dumps(AlertMessage(alert=alert).to_json(), ensure_ascii=False)
        self._topics.publish(self._topic_arn, Publication(subject_of(alert), message))
