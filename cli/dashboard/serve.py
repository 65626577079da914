"""The page behind an address of this machine, made anew whenever it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection, NotReachable
from cli.dashboard.page import POLICY, RANGES, page
from cli.dashboard.read import read_board
from ghosteam.errors import GhosteamError, NotFound

DEFAULT = "7d"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
Render = Callable[[str | None, str], str]


def length_of(chosen: str) -> timedelta:
    """A key of ``RANGES`` as a length of time."""
    return int(chosen[:-1]) * _UNITS[chosen[-1]]


def rendered(
    connection: Connection, problem: str | None, chosen: str, *, now: datetime, links: bool = True
) -> str:
    """The page of a problem, or of the fleet. Raises NotFound for one that is not there."""
    board = read_board(connection, problem, end=now, length=length_of(chosen))
    return page(board, chosen, links=links)


def server(connection: Connection, port: int) -> ThreadingHTTPServer:
    """A server on this machine alone; ``port`` 0 takes one that is free. Raises OSError for one
    that is not.
    """

    def render(problem: str | None, chosen: str) -> str:
        return rendered(connection, problem, chosen, now=datetime.now(UTC))

    return ThreadingHTTPServer(("127.0.0.1", port), _handler(render))


def _handler(render: Render) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = self._answer()
            body = text.encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "text/html; charset=utf-8",
                "Content-Length": str(len(body)),
                "Content-Security-Policy": POLICY,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> tuple[int, str]:
            # Another site may give its name this address: it would be asked by that name.
            if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _THIS_MACHINE:
                return 421, _plain("Ask by the address that the command printed.")
            asked = urlsplit(self.path)
            problem = unquote(asked.path.strip("/")) or None
            chosen = parse_qs(asked.query).get("range", [DEFAULT])[0]
            if chosen not in RANGES:
                return 400, _plain(f"The range is one of {', '.join(RANGES)}.")
            try:
                return 200, render(problem, chosen)
            except NotFound as error:
                return 404, _plain(str(error))
            except (NotReachable, GhosteamError, ClientError, BotoCoreError) as error:
                return 502, _plain(f"CloudWatch does not answer: {error}")

        def log_message(self, *_: object) -> None:
            """Be silent."""

    return Handler


def _plain(text: str) -> str:
    return f'<!doctype html>\n<html lang="en"><title>Ghosteam</title><p>{escape(text)}</p></html>\n'
