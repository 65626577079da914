"""POST over HTTP with the standard library: bounded, without redirects, errors in the project's
family. What is sent may be secret: nothing of it is in an error.
"""

from __future__ import annotations

from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from ghosteam.channels.channel import Post
from ghosteam.errors import Defect, Transient

_TIMEOUT_SECONDS = 15
_OK = range(200, 300)
_PASSING = frozenset({408, 409, 425, 429})
_SERVER_ERRORS = 500
_SHOWN = 200


def post(request: Post, *, remedy: str) -> None:
    """Send ``request``.

    Raises:
        Transient: no answer, or one that says to come back later.
        Defect: any other answer than success, with its begin and the ``remedy``.
    """
    where = {"host": urlsplit(request.url).hostname}
    asked = Request(
        request.url,
        data=request.body,
        headers={"User-Agent": "ghosteam", **request.headers},
        method="POST",
    )
    try:
        with _opener().open(asked, timeout=_TIMEOUT_SECONDS) as answer:
            status: int = answer.status
            said: bytes = answer.read(_SHOWN)
    except (OSError, HTTPException) as error:
        raise Transient(f"The service does not answer: {error}", where=where) from error
    if status in _OK:
        return
    told = f"The service answers {status}: {_shown(said) or 'nothing'}"
    if status in _PASSING or status >= _SERVER_ERRORS:
        raise Transient(told, where=where, remedy="It is sent again")
    raise Defect(told, where=where, remedy=remedy)


def _opener() -> OpenerDirector:
    """Knows http and https only. Statuses are ours to judge, and a redirect could lead a secret
    elsewhere.
    """
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler())
    return opener


def _shown(said: bytes) -> str:
    text = said.decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()
