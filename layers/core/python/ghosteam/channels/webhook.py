"""A webhook of your own, signed by the Standard Webhooks specification, so that its libraries
verify what arrives.

Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers".
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256

from ghosteam.channels._web import JSON, checked_secret, checked_url, json_bytes
from ghosteam.channels.alert import Alert, headline, shortened, text_of
from ghosteam.channels.channel import SECRET, Post, Sending, Web

_TEXT = 20_000
_PREFIX, _FEWEST, _MOST = "whsec_", 24, 64
"""Begin of a key as text, and the bytes that it may have."""


class Webhook:
    """See :class:`~ghosteam.channels.channel.Channel`. The body: ``type``, ``timestamp`` and
    ``data``, which has the alert's fields and its whole ``text``.
    """

    name = "webhook"
    settings: Mapping[str, str] = {SECRET: "ghosteam/webhook"}
    options: Mapping[str, str] = {}
    secret: Mapping[str, str] = {
        "url": "https://example.com/alerts",
        "key": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
    resolves = False
    remedy = "Let the receiver answer with a status from 200 to 299, and compare the key's two ends"

    def place(self, settings: Mapping[str, str]) -> Web:
        checked_secret(settings[SECRET])
        return Web()

    def word(self, alert: Alert, sending: Sending) -> Post:
        url = checked_url(sending.secret["url"])
        body = json_bytes(
            {
                "type": f"alert.{alert.state}",
                "timestamp": alert.at.isoformat(),
                "data": {
                    "condition": alert.key,
                    "state": alert.state,
                    "severity": alert.severity,
                    "problem": alert.problem,
                    "source": sending.source,
                    "since": alert.since.isoformat(),
                    "until": alert.until.isoformat() if alert.until else None,
                    "headline": shortened(headline(alert), 1000),
                    "text": shortened(text_of(alert), _TEXT),
                },
            }
        )
        moment = str(int(sending.at.timestamp()))
        headers = {
            **JSON,
            "webhook-id": sending.id,
            "webhook-timestamp": moment,
            "webhook-signature": signature_of(sending.secret["key"], sending.id, moment, body),
        }
        return Post(url, headers, body)


def signature_of(key: str, id: str, moment: str, body: bytes) -> str:
    """Of a message by its id and the moment of its sending, in seconds since 1970."""
    signed = f"{id}.{moment}.".encode() + body
    return f"v1,{b64encode(hmac.digest(_key(key), signed, sha256)).decode()}"


def _key(text: str) -> bytes:
    try:
        key = b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or not _FEWEST <= len(key) <= _MOST:
        raise ValueError(
            f"the field key of the secret is not {_PREFIX} and {_FEWEST} to {_MOST} bytes in base64"
        )
    return key


MEMBER = Webhook()
