"""What every channel must do."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from ghosteam.channels.alert import Alert
from ghosteam.channels.channel import (
    SECRET,
    Channel,
    Post,
    Publication,
    Sending,
    Subscription,
    Topic,
    Web,
    place_of,
)

_SUBJECT, _MESSAGE = 100, 256 * 1024
_BODY = 512 * 1024


def sending_of(channel: Channel) -> Sending:
    """A delivery by the channel's examples."""
    at = datetime(2024, 5, 20, 8, tzinfo=UTC)
    return Sending(channel.settings, channel.secret, "ghosteam-dev", "msg_1", at)


def check_channel(channel: Channel, alert: Alert) -> None:
    """It leads where its example says; whatever an alert says, its words are what SNS, or a web
    service, takes. Of a secret nothing is in the settings, and nothing in a body but what the
    service asks for there.
    """
    place = place_of(channel.name, channel.settings)
    assert place == channel.place(channel.settings)
    assert bool(channel.secret) == (SECRET in channel.settings), f"{channel.name}: the secret"
    assert isinstance(place, Web) == bool(channel.secret), f"{channel.name} has no secret place"
    assert channel.remedy, f"{channel.name} says not what to do when it is refused"
    words = channel.word(alert, sending_of(channel))
    if isinstance(place, Subscription | Topic):
        assert isinstance(words, Publication), f"{channel.name} does not word for SNS"
        _check_publication(channel.name, words)
    else:
        assert isinstance(words, Post), f"{channel.name} does not word for the web"
        _check_post(channel.name, words)
    assert words == channel.word(alert, sending_of(channel)), "the same is worded in another way"


def _check_publication(name: str, words: Publication) -> None:
    line = words.subject
    assert 0 < len(line) <= _SUBJECT and line.isascii() and line.isprintable(), repr(line)
    assert line == line.strip(), repr(line)
    assert 0 < len(words.text.encode()) <= _MESSAGE, f"{name}: the text"


def _check_post(name: str, words: Post) -> None:
    assert words.url.startswith("https://"), f"{name} sends a secret over a line that is open"
    for header, value in words.headers.items():
        assert value.isascii() and value.isprintable(), f"{name}: the header {header}"
    assert 0 < len(words.body) <= _BODY, f"{name}: the body"
    assert words.headers.get("Content-Type") != "application/json" or json.loads(words.body)
