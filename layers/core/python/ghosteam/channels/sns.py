"""An SNS topic that is there already, such as the one that AWS Chatbot or another team listens to.

Its policy, and that of its key, must let the function send_alerts publish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ghosteam.channels.alert import Alert
from ghosteam.channels.channel import Publication, Sending, Topic
from ghosteam.channels.subject import publication_of

_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")


class Sns:
    """See :class:`~ghosteam.channels.channel.Channel`."""

    name = "sns"
    settings: Mapping[str, str] = {"topic": "arn:aws:sns:eu-west-1:111122223333:on-call"}
    options: Mapping[str, str] = {}
    secret: Mapping[str, str] = {}
    resolves = False
    remedy = "Let the topic's policy, and that of its key, allow the role of send_alerts to publish"

    def place(self, settings: Mapping[str, str]) -> Topic:
        topic = settings["topic"]
        if not _ARN.fullmatch(topic):
            raise ValueError(f"{topic!r} is no ARN of a standard topic of SNS")
        return Topic(topic)

    def word(self, alert: Alert, sending: Sending) -> Publication:
        return publication_of(alert)


MEMBER = Sns()
