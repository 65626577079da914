"""What a channel is, and which there are.

All messages go to one SNS topic, and a channel is a way from it to people: a subscription of its
protocol. What this project says itself is worded for each protocol; alarms and events come through
as CloudWatch and EventBridge write them, in JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ghosteam.registry import Registry

MOST_BYTES = 30_000
"""Of one wording. SNS takes 256 KB for all of them together, with what JSON escapes."""


@dataclass(frozen=True)
class Worded:
    """A message in a channel's words. ``subject``: None where it has no line of its own for it."""

    subject: str | None
    text: str


class Channel(Protocol):
    """A way to people.

    ``settings``: what it must be told, by name, each with an example. ``protocol``: that of its SNS
    subscription; SNS words by protocol, so that of two channels with one the first does.
    """

    name: str
    settings: Mapping[str, str]
    protocol: str

    def endpoint(self, settings: Mapping[str, str]) -> str:
        """Where SNS sends to; ``settings`` has all that it must be told. Raises ValueError for one
        that cannot be, with what to write.
        """

    def word(self, subject: str, text: str) -> Worded:
        """The message within the channel's limits, the text within ``MOST_BYTES`` of UTF-8. What it
        gets is :func:`plain`.
        """


@dataclass(frozen=True)
class Subscription:
    """A subscription of the topic, as SNS takes it."""

    protocol: str
    endpoint: str


CHANNELS: Registry[Channel] = Registry("channel", "ghosteam.channels", ("email", "https"))


def subscription_of(alert: Mapping[str, str]) -> Subscription:
    """The subscription for an entry of an environment's ``alerts``: ``channel`` and what it must be
    told, such as ``{"channel": "email", "address": "you@example.com"}``.

    Raises ValueError for an unknown channel, and for settings that are missing, unknown or wrong.
    """
    name = alert.get("channel", "")
    if name not in CHANNELS.names:
        raise ValueError(
            f"alerts: {name!r} is no channel; there are {', '.join(CHANNELS.names)}. Write one as "
            f"{_example('email')}"
        )
    channel = CHANNELS.find(name)
    settings = {setting: value for setting, value in alert.items() if setting != "channel"}
    if settings.keys() != channel.settings.keys():
        given = ", ".join(settings) or "none"
        raise ValueError(
            f"alerts: the channel {name} must be told {', '.join(channel.settings)}, and is told "
            f"{given}. Write it as {_example(name)}"
        )
    try:
        return Subscription(channel.protocol, channel.endpoint(settings))
    except ValueError as error:
        raise ValueError(f"alerts: {error}. Write it as {_example(name)}") from error


def publication(subject: str, text: str) -> dict[str, str]:
    """Parameters of SNS's Publish, beside the topic: the text for each channel's protocol, and as
    it is for all others. Source: SNS API reference, ``Publish``, ``MessageStructure``.
    """
    subject, text = plain(subject), plain(text)
    worded: dict[str, Worded] = {}
    for channel in map(CHANNELS.find, CHANNELS.names):
        worded.setdefault(channel.protocol, channel.word(subject, text))
    texts = {"default": shortened(text, MOST_BYTES)}
    texts.update({protocol: words.text for protocol, words in worded.items()})
    line = next(words.subject for words in worded.values() if words.subject)
    return {
        "Subject": line,
        "Message": json.dumps(texts, ensure_ascii=False),
        "MessageStructure": "json",
    }


def plain(text: str) -> str:
    """``text`` without control characters, which JSON writes in six bytes each; tabs and line ends
    stay.
    """
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", " ", text)


def shortened(text: str, most_bytes: int) -> str:
    """``text``, cut to so many bytes of UTF-8 with three dots at its end when it has more."""
    if len(text.encode()) <= most_bytes:
        return text
    return text.encode()[: most_bytes - 3].decode(errors="ignore") + "..."


def _example(name: str) -> str:
    return str({"channel": name, **CHANNELS.find(name).settings})
