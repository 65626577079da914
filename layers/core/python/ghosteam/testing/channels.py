"""What every channel must do."""

from __future__ import annotations

from ghosteam.channels.channel import MOST_BYTES, Channel, Subscription, plain, subscription_of

SUBJECT = 100


def check_channel(channel: Channel, subject: str, text: str) -> None:
    """It is reached as its example says; whatever a message says, its words are what SNS takes: a
    subject is one line of at most 100 characters of ASCII, and no text is empty or too long.
    """
    reached = subscription_of({"channel": channel.name, **channel.settings})
    assert reached == Subscription(channel.protocol, channel.endpoint(channel.settings))
    assert reached.endpoint, f"{channel.name} is reached nowhere"
    words = channel.word(plain(subject), plain(text))
    assert 0 < len(words.text.encode()) <= MOST_BYTES or not text, f"{channel.name}: the text"
    if words.subject is not None:
        line = words.subject
        assert 0 < len(line) <= SUBJECT and line.isascii() and line.isprintable(), repr(line)
        assert line == line.strip(), repr(line)
