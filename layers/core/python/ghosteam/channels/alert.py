"""What people are told: what is wrong, how bad, since when, what the system did, where to look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal, get_args

Severity = Literal["critical", "error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The worst first; PagerDuty's words."""
AlertState = Literal["raised", "cleared", "news"]


@dataclass(frozen=True, kw_only=True)
class Alert:
    """``condition`` names what it is about: all that is said of one condition has the same.

    ``state``: the condition holds, is over, or is ``news``, which has no end. ``what``: one line;
    ``details``: more lines, how bad it is; ``did``: what the system did about it; ``look``:
    commands and pages. It holds from ``since`` to ``until``; ``at``: when that was known, the
    newest of a condition counts. ``problem``: None where it is about the whole deployment.
    """

    condition: str
    state: AlertState
    severity: Severity
    problem: str | None
    what: str
    details: tuple[str, ...]
    did: str
    look: tuple[str, ...]
    since: datetime
    until: datetime | None
    at: datetime

    @property
    def key(self) -> str:
        """The condition as 32 letters and digits: a name of it for keys and other systems."""
        return blake2b(self.condition.encode(), digest_size=16).hexdigest()

    @property
    def version(self) -> str:
        """Tells apart what is worth telling: two alerts with one version say the same."""
        told = [self.condition, self.state, self.severity, self.what]
        if self.state == "news":
            told += self.details
        return blake2b("\0".join(told).encode(), digest_size=8).hexdigest()


def headline(alert: Alert) -> str:
    """One line that says what is wrong, of which problem, and how bad."""
    about = f"{alert.problem}: " if alert.problem else ""
    begin = "Over" if alert.state == "cleared" else alert.severity.capitalize()
    return " ".join(plain(f"{begin}: {about}{alert.what}").split())


def times(alert: Alert) -> str:
    """Since when it is so, and until when it was."""
    since = f"{alert.since:%Y-%m-%d %H:%M}"
    if alert.state == "news":
        return f"At {since} UTC."
    if alert.until is None:
        return f"Since {since} UTC."
    return f"From {since} to {alert.until:%Y-%m-%d %H:%M} UTC."


def text_of(alert: Alert) -> str:
    """All that the alert says, as lines."""
    return plain("\n".join(_lines(alert)))


def _lines(alert: Alert) -> Iterator[str]:
    about = f"{alert.problem}: " if alert.problem else ""
    yield f"{about}{alert.what}"
    yield f"Severity: {alert.severity}. {times(alert)}"
    if alert.details:
        yield ""
        yield from alert.details
    if alert.did:
        yield from ("", f"What the system did: {alert.did}")
    if alert.look:
        yield from ("", "Where to look:", *(f"  {place}" for place in alert.look))


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


def cut(text: str, most: int) -> str:
    """``text``, cut to so many characters with three dots at its end when it has more."""
    return text if len(text) <= most else text[: most - 3] + "..."
