"""What a channel is, and which there are.

A channel words an alert for one service: as a message for an SNS topic, or as an HTTP request.
What is secret of a request stands in Secrets Manager, under a name that the channel is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ghosteam.channels.alert import Alert
from ghosteam.registry import Registry

MOST_BYTES = 200_000
"""Of a message to SNS, which takes 256 KB."""
SECRET = "secret"
"""The setting that names a channel's secret."""


@dataclass(frozen=True)
class Subscription:
    """A topic of the channel's own, with one subscription."""

    protocol: str
    endpoint: str


@dataclass(frozen=True)
class Topic:
    """An SNS topic that is there already."""

    arn: str


@dataclass(frozen=True)
class Web:
    """A service that is reached over HTTP; its address and keys are in a secret."""


Place = Subscription | Topic | Web


@dataclass(frozen=True)
class Publication:
    """A message to an SNS topic; ``subject`` is one line of at most 100 characters of ASCII."""

    subject: str
    text: str


@dataclass(frozen=True)
class Post:
    """An HTTP request."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Sending:
    """One delivery: what the channel was told, what its ``secret`` holds, which deployment this is.

    ``id`` is the same whenever the same is sent again; ``at``: when it is sent, in whole seconds.
    """

    settings: Mapping[str, str]
    secret: Mapping[str, str]
    source: str
    id: str
    at: datetime


class Channel(Protocol):
    """A way to people.

    ``settings``: what it must be told, by name, each with an example; ``options``: what it may be
    told. ``secret``: the fields of its secret, each with an example; a channel with a secret has
    the setting ``secret``. ``resolves``: it keeps an alert open until it is told of its end.
    ``remedy``: what to do when the service refuses for good.
    """

    name: str
    settings: Mapping[str, str]
    options: Mapping[str, str]
    secret: Mapping[str, str]
    resolves: bool
    remedy: str

    def place(self, settings: Mapping[str, str]) -> Place:
        """Where it leads; ``settings`` has all that it must be told. Raises ValueError for one that
        cannot be, with what is wrong.
        """

    def word(self, alert: Alert, sending: Sending) -> Publication | Post:
        """The alert as the service takes it, within its limits. Raises ValueError, which shows no
        secret, for a secret that cannot be.
        """


CHANNELS: Registry[Channel] = Registry(
    "channel", "ghosteam.channels", ("email", "https", "pagerduty", "slack", "sns", "webhook")
)


def place_of(name: str, settings: Mapping[str, str]) -> Place:
    """Where the channel ``name`` leads that is told ``settings``.

    Raises ValueError for an unknown channel, and for settings that are missing, unknown or wrong.
    """
    if name not in CHANNELS.names:
        raise ValueError(
            f"alerts: {name!r} is no channel; there are {', '.join(CHANNELS.names)}. Write one as "
            f"{example('email')}"
        )
    channel = CHANNELS.find(name)
    if not channel.settings.keys() <= settings.keys() <= {*channel.settings, *channel.options}:
        may = f" and may be told {', '.join(channel.options)}" if channel.options else ""
        raise ValueError(
            f"alerts: the channel {name} must be told {', '.join(channel.settings)}{may}, and is "
            f"told {', '.join(settings) or 'none'}. Write it as {example(name)}"
        )
    try:
        return channel.place(settings)
    except ValueError as error:
        raise ValueError(f"alerts: {error}. Write it as {example(name)}") from error


def example(name: str) -> str:
    """How a channel is named in an environment's ``alerts``."""
    return str({"channel": name, **CHANNELS.find(name).settings})
