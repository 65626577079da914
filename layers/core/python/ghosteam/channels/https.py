"""A webhook: SNS posts its document to a URL, with the message in the field ``Message``.

The receiver confirms the subscription once, by the document's ``SubscribeURL``, and checks the
signature of each. The URL stands in the deployment's template.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from ghosteam.channels.channel import MOST_BYTES, Worded, shortened

_TEXT = MOST_BYTES // 2 - 1000
"""Bytes of a text: JSON writes a line's end and a quotation mark in two."""


class Https:
    """See :class:`~ghosteam.channels.channel.Channel`. The message is JSON, as those of alarms and
    events are: ``{"subject": …, "text": …}``.
    """

    name = "https"
    settings: Mapping[str, str] = {"url": "https://example.com/alerts"}
    protocol = "https"

    def endpoint(self, settings: Mapping[str, str]) -> str:
        url = settings["url"]
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or any(map(str.isspace, url)):
            raise ValueError(f"{url!r} is no URL of a webhook, which begins with https://")
        if parts.username or parts.password:
            raise ValueError("a URL with a password would stand in the template for all to read")
        return url

    def word(self, subject: str, text: str) -> Worded:
        told = {"subject": shortened(subject, 500), "text": shortened(text, _TEXT)}
        return Worded(None, json.dumps(told, ensure_ascii=False))


MEMBER = Https()
