"""E-mail. SNS writes to an address only after its owner has confirmed the subscription."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ghosteam.channels.alert import Alert
from ghosteam.channels.channel import Publication, Sending, Subscription
from ghosteam.channels.subject import publication_of

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Email:
    """See :class:`~ghosteam.channels.channel.Channel`."""

    name = "email"
    settings: Mapping[str, str] = {"address": "you@example.com"}
    options: Mapping[str, str] = {}
    secret: Mapping[str, str] = {}
    resolves = False
    remedy = "Let the owner of the address confirm the subscription by the link in SNS's e-mail"

    def place(self, settings: Mapping[str, str]) -> Subscription:
        address = settings["address"]
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r} is no e-mail address")
        return Subscription("email", address)

    def word(self, alert: Alert, sending: Sending) -> Publication:
        return publication_of(alert)


MEMBER = Email()
