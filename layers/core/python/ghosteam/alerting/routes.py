"""Routes: which channel is told of which alerts, as the ``alerts`` of an environment name them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ghosteam.alerting.quiet_hours import QuietHours
from ghosteam.channels.alert import SEVERITIES, Alert, Severity
from ghosteam.channels.channel import CHANNELS, SECRET, Channel, Place, place_of

_COMMON = ("channel", "name", "severity", "quiet", "problems")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True)
class Route:
    """``name``: what the channel is called among those of its environment; ``kind``: its member of
    the registry; ``settings``: what that is told. ``severity``: the least that it is told of;
    ``quiet``: when it is told of nothing but what is critical; ``problems``: those that it is told
    of, all where none is named.
    """

    name: str
    kind: str
    settings: Mapping[str, str]
    severity: Severity = "info"
    quiet: QuietHours | None = None
    problems: frozenset[str] = frozenset()

    @property
    def channel(self) -> Channel:
        """The registry's member."""
        return CHANNELS.find(self.kind)

    @property
    def place(self) -> Place:
        """Where it leads."""
        return place_of(self.kind, self.settings)

    @property
    def secret(self) -> str | None:
        """The name of its secret, if it has one."""
        return self.settings.get(SECRET)

    def takes(self, alert: Alert) -> bool:
        """Whether the channel is told of it. What is about no problem concerns all."""
        if self.problems and alert.problem is not None and alert.problem not in self.problems:
            return False
        return SEVERITIES.index(alert.severity) <= SEVERITIES.index(self.severity)


def route_of(entry: Mapping[str, str]) -> Route:
    """The route of an entry of ``alerts``: ``channel`` and what it must be told, such as
    ``{"channel": "email", "address": "you@example.com"}``, and what any may be told: ``name``,
    ``severity``, ``quiet``, ``problems``.

    Raises ValueError for an unknown channel, and for settings that are missing, unknown or wrong.
    """
    kind = entry.get("channel", "")
    settings = {name: value for name, value in entry.items() if name not in _COMMON}
    place_of(kind, settings)
    name, severity = entry.get("name", kind), entry.get("severity", "info")
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"alerts: {name!r} cannot name a channel: use small letters, digits and dashes, 31 at "
            "most"
        )
    if severity not in SEVERITIES:
        raise ValueError(
            f"alerts: {name}: {severity!r} is no severity; there are {', '.join(SEVERITIES)}"
        )
    try:
        quiet = QuietHours.parse(entry["quiet"]) if "quiet" in entry else None
    except ValueError as error:
        raise ValueError(f"alerts: {name}: {error}") from error
    problems = frozenset(filter(None, re.split(r"[,\s]+", entry.get("problems", ""))))
    return Route(name, kind, settings, severity, quiet, problems)


def routes_of(entries: Sequence[Mapping[str, str]]) -> tuple[Route, ...]:
    """All routes of an environment. Raises ValueError as :func:`route_of` does, and for two of one
    name.
    """
    routes = tuple(map(route_of, entries))
    names = [route.name for route in routes]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"alerts: two channels are called {name}; give one another 'name'")
    return routes


def written(entries: Sequence[Mapping[str, str]]) -> str:
    """The entries as one text, for a function's settings."""
    return json.dumps([dict(entry) for entry in entries], separators=(",", ":"))


def read(text: str) -> tuple[Route, ...]:
    """Inverse of :func:`written`, as routes."""
    return routes_of(json.loads(text))
