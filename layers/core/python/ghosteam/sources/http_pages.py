"""The rows of an HTTP API, page by page. How a page is fetched is the caller's business."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ghosteam.errors import InvalidInput, TooLarge
from ghosteam.json_object import JsonObject
from ghosteam.problem.finite_json import loads
from ghosteam.problem.sources import HttpSource

MAX_PAGES = 1000
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_PARAMETER = re.compile(r';\s*([^\s=;,]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))')


@dataclass(frozen=True)
class Fetched:
    """An answer: its body, and its headers ``Link`` and ``ETag``, empty where it has none.
    ``unchanged``: the page is still of the tag that was asked about, and has no body.
    """

    body: bytes
    link: str = ""
    tag: str = ""
    unchanged: bool = False


class Fetch(Protocol):
    """GET ``url``; an answer with a body of at most ``max_bytes``."""

    def __call__(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Fetched: ...


def read_pages(
    source: HttpSource, since: int | str, headers: Mapping[str, str], fetch: Fetch
) -> Iterator[JsonObject]:
    """Rows changed since the watermark.

    Raises:
        InvalidInput: an answer is not of the described form, or a page leads to another host.
        TooLarge: there are more than ``MAX_PAGES`` pages.
    """
    first = _with_parameter(source.url, source.cursor.parameter, str(since))
    counted = source.next.page if source.next else None
    number = source.next.first if source.next else 0
    url = _with_parameter(first, counted, str(number)) if counted else first
    seen, before = set[str](), b""
    while len(seen) < MAX_PAGES:
        seen.add(url)
        answer = fetch(url, headers, max_bytes=source.max_bytes)
        if answer.unchanged:
            return
        page = _parse(answer.body, url)
        rows = _rows(page, source, url)
        if counted and rows and answer.body == before:
            raise InvalidInput(
                "A page is the same as the one before it",
                where={"url": url},
                remedy="Fix 'next': the API does not count pages by that parameter",
            )
        yield from rows
        if counted:
            number, before = number + 1, answer.body
            successor = _with_parameter(first, counted, str(number)) if rows else None
        else:
            successor = _next_url(page, answer.link, source, first=first, current=url)
        if successor is None:
            return
        if successor in seen:
            raise InvalidInput(
                "A page leads back to one that was read",
                where={"url": successor},
                remedy="Fix 'next'",
            )
        url = successor
    raise TooLarge(
        f"One pull is more than {MAX_PAGES} pages",
        where={"url": first},
        remedy="Pull more often, or ask for longer pages",
    )


def _parse(body: bytes, url: str) -> Any:
    try:
        return loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(
            f"The answer is not JSON: {error}", where={"url": url}, remedy="Ask the API's owner"
        ) from error


def _rows(page: Any, source: HttpSource, url: str) -> list[JsonObject]:
    rows = _at(page, source.rows)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        place = f"The field {source.rows!r} of the answer" if source.rows else "The answer"
        raise InvalidInput(
            f"{place} is not a list of objects", where={"url": url}, remedy="Fix 'rows'"
        )
    return rows


def _next_url(page: Any, link: str, source: HttpSource, *, first: str, current: str) -> str | None:
    if source.next is None:
        return None
    value = _linked(link) if source.next.field is None else _at(page, source.next.field)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int):
        raise InvalidInput(
            f"The field {source.next.field!r} names no page",
            where={"url": current},
            remedy="Fix 'next'",
        )
    if source.next.parameter:
        return _with_parameter(first, source.next.parameter, str(value))
    url = urljoin(current, str(value))
    # The header is a secret, and so is what lies in the function's own network: neither is for
    # another host.
    if urlsplit(url)[:2] != urlsplit(first)[:2]:
        raise InvalidInput(
            "A page leads to another host", where={"url": url}, remedy="Ask the API's owner"
        )
    return url


def _linked(header: str) -> str | None:
    """The target of the link whose relation is ``next``. Source: RFC 8288, section 3."""
    for target, parameters in _LINK.findall(header):
        for name, quoted, bare in _PARAMETER.findall(parameters):
            if name.lower() == "rel" and "next" in (quoted or bare).lower().split():
                return str(target)
    return None


def _at(page: Any, path: str) -> Any:
    for part in path.split(".") if path else ():
        page = page.get(part) if isinstance(page, dict) else None
    return page


def _with_parameter(url: str, name: str, value: str) -> str:
    parts = urlsplit(url)
    kept = [
        (key, old) for key, old in parse_qsl(parts.query, keep_blank_values=True) if key != name
    ]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))
