"""What channels over HTTP have in common."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
JSON = {"Content-Type": "application/json"}


def checked_url(url: str) -> str:
    """``url``, where a secret may go there: over TLS, or to a service on the same machine.

    Raises ValueError without showing the URL, which is a secret.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the field url of the secret is no URL") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    if not host or not safe or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("the field url of the secret is no URL that begins with https://")
    return url


def json_bytes(document: Mapping[str, object]) -> bytes:
    """A request's body."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def checked_secret(name: str) -> str:
    """``name``, if Secrets Manager takes it. Raises ValueError."""
    if not _SECRET.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a secret; the secret itself stands in no setting")
    return name
