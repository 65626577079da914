"""What a message to SNS says."""

from __future__ import annotations

from ghosteam.channels.alert import Alert, headline, shortened, text_of
from ghosteam.channels.channel import MOST_BYTES, Publication

_MOST = 100
"""Characters: ASCII, in one line. Source: SNS API reference, ``Publish``."""


def subject_of(alert: Alert) -> str:
    """The alert's headline as a subject."""
    line = f"Ghosteam: {headline(alert)}".encode("ascii", "replace").decode()
    return shortened(line, _MOST).strip()


def publication_of(alert: Alert) -> Publication:
    """The alert in words, for people who read it as SNS delivers it."""
    return Publication(subject_of(alert), shortened(text_of(alert), MOST_BYTES))
