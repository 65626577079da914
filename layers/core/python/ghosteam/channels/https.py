"""SNS posts its document to a URL, with the message as JSON in the field ``Message``.

The receiver confirms the subscription once, by the document's ``SubscribeURL``, and checks SNS's
signature of each. The URL stands in the deployment's template; the channel ``webhook`` keeps it in
a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ghosteam.channels.alert import Alert, headline, shortened, text_of
from ghosteam.channels.channel import MOST_BYTES, Publication, Sending, Subscription
from ghosteam.channels.subject import subject_of

_TEXT = MOST_BYTES // 2 - 1000
"""Bytes of a text: JSON writes a line's end and a quotation mark in two."""


class Https:
    """See :class:`~ghosteam.channels.channel.Channel`. The message: ``{"subject": …, "text": …}``
    and the alert's fields ``condition``, ``state``, ``severity`` and ``problem``.
    """

    name = "https"
    settings: Mapping[str, str] = {"url": "https://example.com/alerts"}
    options: Mapping[str, str] = {}
    secret: Mapping[str, str] = {}
    resolves = False
    remedy = "Open the SubscribeURL that SNS posted to the URL"

    def place(self, settings: Mapping[str, str]) -> Subscription:
        url = settings["url"]
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or any(map(str.isspace, url)):
            raise ValueError(f"{url!r} is no URL of a webhook, which begins with https://")
        if parts.username or parts.password:
            raise ValueError("a URL with a password would stand in the template for all to read")
        return Subscription("https", url)

    def word(self, alert: Alert, sending: Sending) -> Publication:
        told = {
            "subject": shortened(headline(alert), 500),
            "text": shortened(text_of(alert), _TEXT),
            "condition": alert.key,
            "state": alert.state,
            "severity": alert.severity,
            "problem": alert.problem,
        }
        return Publication(subject_of(alert), json.dumps(told, ensure_ascii=False))


MEMBER = Https()
