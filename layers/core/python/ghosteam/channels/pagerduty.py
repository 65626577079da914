"""PagerDuty's Events API v2: a condition is one alert there, by its ``dedup_key``, from its trigger
to its resolution. News that ask for nothing are change events, which call nobody.

Source: PagerDuty developer documentation, "Send an Alert Event" and "Send a Change Event".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ghosteam.channels._web import JSON, checked_secret, checked_url, json_bytes
from ghosteam.channels.alert import Alert, cut, headline, plain, text_of
from ghosteam.channels.channel import SECRET, Post, Sending, Web

SERVICE = "https://events.pagerduty.com"
SUMMARY, DETAILS = 1024, 20_000
"""Characters of a summary, and those of the details, that stay below the 512 KB of an event."""
_ROUTING_KEY = re.compile(r"[A-Za-z0-9]{32}")


class PagerDuty:
    """See :class:`~ghosteam.channels.channel.Channel`. ``url``: of another service region."""

    name = "pagerduty"
    settings: Mapping[str, str] = {SECRET: "ghosteam/pagerduty"}
    options: Mapping[str, str] = {"url": "https://events.eu.pagerduty.com"}
    secret: Mapping[str, str] = {"routing_key": "0123456789abcdef0123456789abcdef"}
    resolves = True
    remedy = "Check the routing key in the secret: that of an Events API v2 integration"

    def place(self, settings: Mapping[str, str]) -> Web:
        checked_secret(settings[SECRET])
        try:
            checked_url(settings.get("url", SERVICE))
        except ValueError:
            raise ValueError(f"{settings['url']!r} is no URL that begins with https://") from None
        return Web()

    def word(self, alert: Alert, sending: Sending) -> Post:
        key = sending.secret["routing_key"]
        if not _ROUTING_KEY.fullmatch(key):
            raise ValueError("the field routing_key of the secret is not 32 letters and digits")
        change = alert.state == "news" and alert.severity == "info"
        event = _change(alert, sending) if change else _event(alert, sending)
        path = "/v2/change/enqueue" if change else "/v2/enqueue"
        url = sending.settings.get("url", SERVICE).rstrip("/") + path
        return Post(url, JSON, json_bytes({"routing_key": key, **event}))


def _event(alert: Alert, sending: Sending) -> dict[str, object]:
    if alert.state == "cleared":
        return {"event_action": "resolve", "dedup_key": alert.key}
    about = {"group": alert.problem} if alert.problem else {}
    return {
        "event_action": "trigger",
        "dedup_key": alert.key,
        "payload": {
            "summary": cut(headline(alert), SUMMARY),
            "source": sending.source,
            "severity": alert.severity,
            "timestamp": alert.since.isoformat(),
            "component": "ghosteam",
            **about,
            "custom_details": _details(alert),
        },
    }


def _change(alert: Alert, sending: Sending) -> dict[str, object]:
    return {
        "payload": {
            "summary": cut(headline(alert), SUMMARY),
            "source": sending.source,
            "timestamp": alert.since.isoformat(),
            "custom_details": _details(alert),
        }
    }


def _details(alert: Alert) -> dict[str, str]:
    found = {
        "details": "\n".join(alert.details),
        "what the system did": alert.did,
        "where to look": "\n".join(alert.look),
    }
    told = {name: cut(plain(text), DETAILS) for name, text in found.items() if text}
    return told or {"details": cut(text_of(alert), DETAILS)}


MEMBER = PagerDuty()
