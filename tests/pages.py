"""HTML pages as tests read them."""

from __future__ import annotations

from html.parser import HTMLParser


class Reader(HTMLParser):
    """``text`` of a page, and the names of its elements: each is closed by what opened it, and none
    runs anything.
    """

    def __init__(self, document: str) -> None:
        super().__init__()
        self.text, self.names, self._open = "", list[str](), list[str]()
        self.feed(document)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.text += data + " "
