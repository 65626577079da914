"""GET over HTTP with the standard library: bounded, without redirects, errors in the project's
family.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from ghosteam.errors import Defect, InvalidInput, TooLarge
from ghosteam.sources.http_pages import Fetched
from ghosteam.sources.patience import TryLater

_TIMEOUT_SECONDS = 30
_OK = 200
_NOT_MODIFIED = 304
_PASSING = frozenset({408, 425, 429})
_SERVER_ERRORS = 500


def _opener() -> OpenerDirector:
    """Knows http and https only. Statuses are ours to judge, and a redirect could lead a secret
    header elsewhere.
    """
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler())
    return opener


def fetch(url: str, headers: Mapping[str, str], *, max_bytes: int) -> Fetched:
    """The answer to ``GET url``.

    Raises:
        TryLater: no answer, or one that says to come back later.
        InvalidInput: any other answer than 200, and 304 where a tag was asked about.
        TooLarge: the body has more than ``max_bytes``.
        Defect: a header's value cannot be sent.
    """
    where = {"url": url}
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            # The library's own error would show the value, which is a secret.
            raise Defect(
                f"The value of the header {name} is not one line of ASCII",
                where=where,
                remedy="Fix its secret",
            )
    request = Request(
        url, headers={"Accept": "application/json", "User-Agent": "ghosteam", **headers}
    )
    try:
        with _opener().open(request, timeout=_TIMEOUT_SECONDS) as answer:
            status: int = answer.status
            body: bytes = answer.read(max_bytes + 1)
            whole = answer.length in (0, None)
            said = answer.headers
    except (OSError, HTTPException) as error:
        raise TryLater(f"{urlsplit(url).hostname} does not answer: {error}", where=where) from error
    if status in _PASSING or status >= _SERVER_ERRORS:
        raise TryLater(
            f"The answer is {status}",
            where=where,
            remedy="It is asked again at the next pull",
            after=_seconds(said),
        )
    if status == _NOT_MODIFIED and "If-None-Match" in headers:
        return Fetched(b"", tag=headers["If-None-Match"], unchanged=True)
    if status != _OK:
        raise InvalidInput(
            f"The answer is {status}",
            where=where,
            remedy="Check url, cursor.parameter and the header's secret",
        )
    if len(body) > max_bytes:
        raise TooLarge(
            f"The answer has more than {max_bytes} bytes",
            where=where,
            remedy="Ask for shorter pages, or raise max_bytes",
        )
    if not whole:
        raise TryLater("The answer was cut off", where=where)
    return Fetched(body, ", ".join(said.get_all("Link") or []), said.get("ETag") or "")


def _seconds(said: Message) -> float | None:
    """What the header ``Retry-After`` says: seconds, or a time, which counts from the answer's own.
    Source: RFC 9110, section 10.2.3.
    """
    told = (said.get("Retry-After") or "").strip()
    if told.isascii() and told.isdecimal():
        return float(told)
    try:
        wait = parsedate_to_datetime(told) - parsedate_to_datetime(said.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return max(0.0, wait.total_seconds())
