"""The page behind an address of this machine, made anew whenever it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import ROOT, Connection, NotReachable
from cli.dashboard.exposition import CONTENT_TYPE, exposition
from cli.dashboard.page import POLICY, RANGES, page
from cli.dashboard.read import read_board
from cli.dashboard.reports import REPORTS, Report, Reports, reports_of
from cli.dashboard.runs import newest_runs
from cli.dashboard.scrape import scraped
from ghosteam.errors import GhosteamError, NotFound
from ghosteam.problem.load import load_problems
from infra.widgets import REQUESTED

METRICS = "/metrics"
_HTML = "text/html; charset=utf-8"
DEFAULT = "7d"
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost"})
Render = Callable[[str | None, str], str]


@dataclass(frozen=True)
class HttpResponse:
    """What a browser, or Prometheus, is given."""

    status: int
    text: str
    kind: str = _HTML
    policy: str = POLICY


def length_of(chosen: str) -> timedelta:
    """A key of ``RANGES`` as a length of time."""
    return int(chosen[:-1]) * _UNITS[chosen[-1]]


def rendered(
    connection: Connection, problem: str | None, chosen: str, *, now: datetime, links: bool = True
) -> str:
    """The page of a problem, or of the fleet. Raises NotFound for one that is not there."""
    board = read_board(connection, problem, end=now, length=length_of(chosen))
    if problem is not None:
        more = [reports_of(connection, problem)] if links else []
        panels = (*board.panels, *more, newest_runs(connection, problem))
        board = replace(board, panels=panels)
    return page(board, chosen, links=links)


@contextmanager
def server(connection: Connection, port: int) -> Iterator[ThreadingHTTPServer]:
    """A server on this machine alone; ``port`` 0 takes one that is free. Raises OSError for one
    that is not.
    """

    def render(problem: str | None, chosen: str) -> str:
        return rendered(connection, problem, chosen, now=datetime.now(UTC))

    def metrics() -> str:
        problems = load_problems(ROOT / "feature_repo", environment=connection.environment)
        return exposition(scraped(connection, problems.values(), now=datetime.now(UTC)))

    # CloudWatch asks a price for each metric that is read, and has nothing new before that.
    asked = remembered(metrics, seconds=REQUESTED)
    with TemporaryDirectory() as place:
        handler = _handler(render, asked, Reports(connection, Path(place)).at)
        with ThreadingHTTPServer(("127.0.0.1", port), handler) as serving:
            yield serving


def remembered(
    make: Callable[[], str], *, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Callable[[], str]:
    """What ``make`` gave, for so long; it is not asked twice at once."""
    lock, kept = Lock(), list[tuple[float, str]]()

    def give() -> str:
        with lock:
            if not kept or clock() - kept[0][0] >= seconds:
                kept[:] = [(clock(), make())]
            return kept[0][1]

    return give


def _handler(
    render: Render, metrics: Callable[[], str], report: Callable[[str], Report]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = self._answer()
            body = answer.text.encode()
            self.send_response(answer.status)
            for name, value in {
                "Content-Type": answer.kind,
                "Content-Length": str(len(body)),
                "Content-Security-Policy": answer.policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "no-store",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> HttpResponse:
            # Another site may give its name this address: it would be asked by that name.
            if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _THIS_MACHINE:
                return _plain(421, "Ask by the address that the command printed.")
            asked = urlsplit(self.path)
            problem = unquote(asked.path.strip("/")) or None
            chosen = parse_qs(asked.query).get("range", [DEFAULT])[0]
            if chosen not in RANGES:
                return _plain(400, f"The range is one of {', '.join(RANGES)}.")
            try:
                # A problem of that name has a page all the same: links to pages have a range.
                if asked.path == METRICS and not asked.query:
                    return HttpResponse(200, metrics(), CONTENT_TYPE)
                if asked.path.startswith(REPORTS):
                    found = report(unquote(asked.path.removeprefix(REPORTS)))
                    return HttpResponse(200, found.text, policy=found.policy)
                return HttpResponse(200, render(problem, chosen))
            except NotFound as error:
                return _plain(404, str(error))
            except (NotReachable, GhosteamError, ClientError, BotoCoreError) as error:
                return _plain(502, f"AWS does not answer: {error}")

        def log_message(self, *_: object) -> None:
            """Be silent."""

    return Handler


def _plain(status: int, text: str) -> HttpResponse:
    page = f'<!doctype html>\n<html lang="en"><title>Ghosteam</title><p>{escape(text)}</p></html>\n'
    return HttpResponse(status, page)
