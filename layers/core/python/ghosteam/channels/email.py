"""E-mail. SNS writes to an address only after its owner has confirmed the subscription."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ghosteam.channels.channel import MOST_BYTES, Worded, shortened

SUBJECT = 100
"""Characters of a subject: ASCII, in one line. Source: SNS API reference, ``Publish``."""
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Email:
    """See :class:`~ghosteam.channels.channel.Channel`."""

    name = "email"
    settings: Mapping[str, str] = {"address": "you@example.com"}
    protocol = "email"

    def endpoint(self, settings: Mapping[str, str]) -> str:
        address = settings["address"]
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r} is no e-mail address")
        return address

    def word(self, subject: str, text: str) -> Worded:
        line = " ".join(subject.split())
        line = line.encode("ascii", "replace").decode()
        return Worded(shortened(line, SUBJECT) or "Ghosteam", shortened(text, MOST_BYTES))


MEMBER = Email()
