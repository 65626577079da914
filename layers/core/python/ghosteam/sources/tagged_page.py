"""Asking an API only whether its page changed."""

from __future__ import annotations

from collections.abc import Mapping

from ghosteam.documents.page_tag import PageTag
from ghosteam.sources.http_pages import Fetch, Fetched


class TaggedFetch:
    """``fetch`` that tells the API the tag of the first page, where it is ``known``."""

    def __init__(self, fetch: Fetch, known: PageTag | None) -> None:
        self._fetch, self._known = fetch, known
        self._seen: list[PageTag] = []

    def __call__(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Fetched:
        known = self._known
        if known and known.url == url and not self._seen:
            headers = {**headers, "If-None-Match": known.tag}
        answer = self._fetch(url, headers, max_bytes=max_bytes)
        self._seen.append(PageTag(url, answer.tag))
        return answer

    @property
    def found(self) -> PageTag | None:
        """The tag of what was read: of the only page, since of several another one may change."""
        return self._seen[0] if len(self._seen) == 1 and self._seen[0].tag else None
