"""The dashboard as a browser draws it: what the command serves, and the reports that it leads to,
without a fault.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from html import unescape
from http.server import ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest
from moto import mock_aws

import cli.connection
import cli.dashboard.serve
from cli.connection import Connection
from cli.dashboard.command import dashboard
from ghosteam.documents import keys, state_keys
from infra.widgets import Graph, problem_rows
from tests import documents
from tests.accounts import CREDENTIALS, FLIGHTS
from tests.boards import NAMES, put, put_boards
from tests.builders import csv_bytes, flights
from tests.unit.cli.quarantine_world import Deployment
from tests.unit.cli.why_documents import TEMP

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(not BROWSER, reason="no Chromium is installed (chromium, google-chrome)"),
]
VERDICT = documents.drift_verdict(
    2,
    "2",
    drifted=True,
    sustained=True,
    drifted_features=("temp",),
    sustained_features=("temp",),
    features=(TEMP,),
)
PLOT = b"<!doctype html><p id='p'></p><script>document.getElementById('p').append('drawn')</script>"
HOURS = 29


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of what ``ghosteam dashboard`` serves of flights that landed, drifted, and were predicted."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setattr(cli.connection, "connect", Connection)
        _record(Deployment())
        with _served(patch) as found:
            yield found


def _record(deployment: Deployment) -> None:
    deployment.land("flights/flights/march.csv", csv_bytes(flights(40)))
    key = state_keys.DRIFT_VERDICTS / VERDICT.window_end.isoformat()
    deployment.state.put("flights", key, VERDICT)
    folder = keys.drift_report("flights", keys.window_id(VERDICT.window_end))
    deployment.artifacts.put(f"{folder}/evidently.html", PLOT)
    put_boards()
    for hours in range(1, HOURS + 1):
        put("DriftedShare", hours % 5 / 5, hours=hours, Problem="flights")
        put("Predictions", 90 + hours, hours=hours, Problem="flights", Slot="champion")
        for feature in ("temp", "wind"):
            put("FeatureDrift", hours / 30, hours=hours, Problem="flights", Feature=feature)


@contextmanager
def _served(patch: pytest.MonkeyPatch) -> Iterator[str]:
    servers, really = Queue[ThreadingHTTPServer](), cli.dashboard.serve.server

    @contextmanager
    def observed(connection: Connection, port: int) -> Iterator[ThreadingHTTPServer]:
        serving: AbstractContextManager[ThreadingHTTPServer] = really(connection, port)
        with serving as found:
            servers.put(found)
            yield found

    patch.setattr(cli.dashboard.serve, "server", observed)
    options = {"port": 0, "save": None, "grafana": None, "time": "7d", "environment": "dev"}
    thread = threading.Thread(target=dashboard, args=("flights",), kwargs=options)
    thread.start()
    serving = servers.get(timeout=60)
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    thread.join()


def opened(url: str, folder: Path) -> str:
    """The document as the browser has it, after its scripts; nothing may be said on its console."""
    run = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            f"--user-data-dir={folder}",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    said = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert not said, f"{url}: {said}"
    return run.stdout


@pytest.fixture(scope="module")
def page(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return opened(f"{address}/flights", tmp_path_factory.mktemp("browser"))


def test_every_widget_is_drawn_and_nothing_fails(page: str) -> None:
    panels = dict(re.findall(r"<section[^>]*><h2>(.*?)</h2>(.*?)</section>", page, re.DOTALL))
    widgets = [one for row in problem_rows(FLIGHTS, NAMES) for one in row if isinstance(one, Graph)]
    assert len(widgets) > 10
    for widget in widgets:
        inside = panels[widget.title.replace("&", "&amp;")]
        assert "<svg" in inside or "Nothing was measured" in inside, widget.title
    drifted = panels["What drifted, as a share of all features"]
    points = re.findall(r'<polyline[^>]*points="([^"]+)"', drifted)
    assert len(points) == 1 and len(points[0].split()) == HOURS
    heat = panels["Drift of features, in standard deviations"]
    assert re.findall(r"<text[^>]*>(\w+)</text>", heat)[:2] == ["temp", "wind"]
    assert {"h0", "h2", "h3"} <= set(re.findall(r'<rect class="(h\d)"', heat))
    assert "1 of 2 raised." in panels["Alarms"]


def test_the_reports_that_it_leads_to_open(page: str, address: str, tmp_path: Path) -> None:
    links = [unescape(one) for one in re.findall(r'href="(/reports/[^"]+)"', page)]
    data, drift, evidently = (opened(address + one, tmp_path) for one in links)
    assert "Verdict: sustained drift of temp." in drift and TEMP.told and TEMP.told in drift
    assert 'href="flights.html"' in data
    assert "drawn" in evidently, "its own scripts run"
