"""The subject of a message to SNS."""

from __future__ import annotations

from ghosteam.channels.alert import Alert, headline, shortened

_MOST = 100
"""Characters: ASCII, in one line. Source: SNS API reference, ``Publish``."""


def subject_of(alert: Alert) -> str:
    """The alert's headline as a subject."""
    line = f"Ghosteam: {headline(alert)}".encode("ascii", "replace").decode()
    return shortened(line, _MOST).strip()
