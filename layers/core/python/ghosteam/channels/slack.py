"""A Slack incoming webhook, or what takes the same, such as Mattermost.

Source: Slack, "Sending messages using incoming webhooks" and "Formatting message text"; Block Kit,
"Header block", "Section block", "Context block".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ghosteam.channels._web import JSON, checked_secret, checked_url, json_bytes
from ghosteam.channels.alert import Alert, cut, headline, plain, times
from ghosteam.channels.channel import SECRET, Post, Sending, Web

HEADER, SECTION, FALLBACK = 150, 3000, 4000
"""Characters that Slack takes in a header and in a section, and those that it advises for text."""
_SIGNS = {
    "critical": "\U0001f534",
    "error": "\U0001f7e0",
    "warning": "\U0001f7e1",
    "info": "\U0001f535",
}
_OVER = "\U0001f7e2"


class Slack:
    """See :class:`~ghosteam.channels.channel.Channel`. The webhook's URL is its secret."""

    name = "slack"
    settings: Mapping[str, str] = {SECRET: "ghosteam/slack"}
    options: Mapping[str, str] = {}
    secret: Mapping[str, str] = {"url": "https://hooks.slack.com/services/T0/B0/x"}
    resolves = False
    remedy = "Make a webhook in Slack again and store its URL in the secret"

    def place(self, settings: Mapping[str, str]) -> Web:
        checked_secret(settings[SECRET])
        return Web()

    def word(self, alert: Alert, sending: Sending) -> Post:
        sign = _OVER if alert.state == "cleared" else _SIGNS[alert.severity]
        title = f"{sign} {headline(alert)}"
        message = {
            "text": cut(escaped(title), FALLBACK),
            "blocks": [
                {
                    "type": "header",
                    "text": {"type": "plain_text", "text": cut(title, HEADER), "emoji": True},
                },
                *(_section(text) for text in _paragraphs(alert)),
                {
                    "type": "context",
                    "elements": [{"type": "mrkdwn", "text": escaped(sending.source)}],
                },
            ],
        }
        return Post(checked_url(sending.secret["url"]), JSON, json_bytes(message))


def _paragraphs(alert: Alert) -> Iterator[str]:
    yield f"*Severity* {alert.severity}\n{escaped(times(alert))}"
    if alert.details:
        yield escaped("\n".join(alert.details))
    if alert.did:
        yield f"*What the system did*\n{escaped(alert.did)}"
    if alert.look:
        places = "\n".join(f"• {escaped(place)}" for place in alert.look)
        yield f"*Where to look*\n{places}"


def _section(text: str) -> dict[str, object]:
    if len(text) > SECTION:
        text = re.sub(r"&[a-z]*$", "", text[: SECTION - 3]) + "..."
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def escaped(text: str) -> str:
    """``text`` with the three characters written as Slack asks, which would link and call people
    otherwise.
    """
    return plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


MEMBER = Slack()
