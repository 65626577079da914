"""Reports that a problem's page leads to, each made when it is asked for, of what is on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection, NotReachable
from cli.dashboard.board import Note
from cli.dashboard.read import DrawnLinks
from cli.data_report.html import POLICY
from cli.data_report.write import write_report
from cli.drift_report.page import drift_page
from cli.drift_report.read import read_window
from cli.facts.fact import moment
from cli.facts.verdicts import word
from cli.loop import Loop
from ghosteam.documents import keys, state_keys
from ghosteam.errors import GhosteamError, NotFound

REPORTS = "/reports/"
FOREIGN = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; frame-ancestors 'none'"
)
"""For pages that other tools made: their scripts run as of no site, and reach nothing."""
NEWEST, BATCHES = 5, 20
_TITLE = "Reports"
_LAST = "\uffff"
_WINDOW = "%Y%m%dT%H%M%SZ"
_FILE = r"(?P<file>[\w.-]+\.html)"
_DRIFT = re.compile(rf"(?P<problem>\w+)/drift/(?P<window>\d{{8}}T\d{{6}}Z)(/{_FILE})?")
_DATA = re.compile(rf"(?P<problem>\w+)/data/{_FILE}")


@dataclass(frozen=True)
class Report:
    """A page, and the content security policy that is its own."""

    text: str
    policy: str


def reports_of(connection: Connection, problem: str) -> DrawnLinks | Note:
    """Where the reports are that there is something to say in. Whoever may read the charts alone
    is told what is missing instead.
    """
    try:
        return DrawnLinks(_TITLE, tuple(_links(Loop(connection, problem))))
    except (NotReachable, GhosteamError, ClientError, BotoCoreError) as error:
        return Note(_TITLE, f"They cannot be read: {error}")


def _links(loop: Loop) -> Iterator[tuple[str, str]]:
    root = f"{REPORTS}{quote(loop.problem)}"
    yield "What landed, by data set and file", f"{root}/data/index.html"
    found = loop.state.between(
        loop.problem, state_keys.DRIFT_VERDICTS, "", _LAST, newest_first=True
    )
    for verdict in (one.data for one in islice(found, NEWEST)):
        reach = f"{moment(verdict.window_start)} to {moment(verdict.window_end)} UTC"
        address = f"{root}/drift/{keys.window_id(verdict.window_end)}"
        yield f"Drift, {reach}: {word(verdict)}", address
        folder = f"{keys.drift_report(loop.problem, keys.window_id(verdict.window_end))}/"
        for stored in loop.artifacts.list(folder):
            if stored.key.endswith(".html"):
                name = stored.key.removeprefix(folder)
                yield f"The same window by {name.removesuffix('.html')}", f"{address}/{name}"


class Reports:
    """Of all problems. Those on data are files of each other's neighbourhood: they are made anew in
    a folder of ``place`` when the first of them, ``index.html``, is asked for.
    """

    def __init__(self, connection: Connection, place: Path) -> None:
        self._connection = connection
        self._place = place
        self._writing = Lock()

    def at(self, path: str) -> Report:
        """What is at ``path``, without ``REPORTS``. Raises NotFound for what is not there."""
        if found := _DRIFT.fullmatch(path):
            return self._drift(**found.groupdict())
        if found := _DATA.fullmatch(path):
            return self._data(**found.groupdict())
        raise NotFound("There is no report at this address")

    def _drift(self, problem: str, window: str, file: str | None) -> Report:
        loop = Loop(self._connection, problem)
        if file is not None:
            body = loop.artifacts.get(f"{keys.drift_report(problem, window)}/{file}")
            return Report(body.decode(), FOREIGN)
        try:
            end = datetime.strptime(window, _WINDOW).replace(tzinfo=UTC)
        except ValueError:
            raise NotFound("No window ends then", where={"window": window}) from None
        return Report(drift_page(read_window(loop, end)), POLICY)

    def _data(self, problem: str, file: str) -> Report:
        folder = self._place / problem
        with self._writing:
            if file == "index.html" or not folder.exists():
                now = datetime.now(UTC)
                write_report(
                    self._connection, problem, folder, dataset=None, batches=BATCHES, now=now
                )
            known = {one.name: one for one in folder.glob("*.html")}
            if file not in known:
                raise NotFound(f"There is no page {file} in the report on data of {problem}")
            text = known[file].read_text(encoding="utf-8")
        return Report(text, FOREIGN if file.endswith("-data-docs.html") else POLICY)
