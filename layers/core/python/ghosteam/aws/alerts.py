"""The topic that people listen to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ghosteam.aws.errors import translated
from ghosteam.channels.channel import publication

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class Alerts:
    """Sends messages to people. ``client`` is a boto3 SNS client."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def send(self, subject: str, message: str) -> None:
        """Publish a message, worded for each channel within its limits."""
        found = publication(subject, message)
        with translated("Sending an alert", topic=self._topic_arn):
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=found["Subject"],
                Message=found["Message"],
                MessageStructure=found["MessageStructure"],
            )
