"""Pages of HTML: whatever is written into one is escaped, and a page fetches and runs nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 62rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #dde3ea;
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; color: #51606f; }
th, td:first-child { overflow-wrap: break-word; }
.note { color: #51606f; } .bad { color: #a3261c; } .changed { background: #fff6dd; }
progress { width: 8rem; accent-color: #3b73b9; }
@media (prefers-color-scheme: dark) { body { background: #14181d; color: #dfe6ee; }
  th, .note { color: #9fb0c1; } th, td { border-color: #2b333c; } a { color: #8ab8f0; }
  .bad { color: #ff9d94; } .changed { background: #3a3320; } }
"""


class Html(str):
    """Text that is HTML already."""


def element(name: str, *content: object, **attributes: object) -> Html:
    """An element; what is no :class:`Html` in it is text. ``class_`` is the attribute ``class``,
    ``aria_label`` ``aria-label``."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{''.join(map(_inner, content))}</{name}>")


def table(heads: Iterable[object], rows: Iterable[Html]) -> Html:
    """A table of rows as :func:`row` makes them."""
    head = element("thead", element("tr", *(element("th", one) for one in heads)))
    return element("table", head, element("tbody", *rows))


def row(*cells: object, class_: str | None = None) -> Html:
    """A row of a table."""
    return element("tr", *(element("td", cell) for cell in cells), class_=class_)


def bar(share: float) -> Html:
    """A share from 0 to 1, to be seen."""
    return element("progress", value=f"{share:.4f}", max="1")


def page(title: str, *content: Html) -> str:
    """A whole document in the plain style of reports."""
    return document(title, _STYLE, element("h1", title), *content)


def document(title: str, style: str, *content: Html) -> str:
    """A whole document; ``style``: its style sheet, which is no foreign text."""
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        Html('<meta name="viewport" content="width=device-width">'),
        element("title", title),
        Html(f"<style>{style}</style>"),
    )
    return f'<!doctype html>\n<html lang="en">{head}{element("body", *content)}</html>\n'


def _inner(content: object) -> str:
    return content if isinstance(content, Html) else html.escape(str(content))
