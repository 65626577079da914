"""Reports are made when they are asked for, and the page leads to those that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from cli.connection import Connection
from cli.dashboard.board import Note
from cli.dashboard.read import DrawnLinks
from cli.dashboard.reports import FOREIGN, REPORTS, Reports, reports_of
from cli.dashboard.serve import rendered
from cli.data_report.html import POLICY
from ghosteam.documents import keys, state_keys
from ghosteam.errors import NotFound
from tests import documents
from tests.accounts import CREDENTIALS
from tests.boards import NOW, put_boards
from tests.builders import csv_bytes, flights
from tests.pages import Reader
from tests.unit.cli.quarantine_world import Deployment

VERDICT = documents.drift_verdict(2, "2", drifted=True, drifted_features=("temp",))
WINDOW = keys.window_id(VERDICT.window_end)


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = Deployment()
        made.land("flights/flights/march.csv", csv_bytes(flights(40)))
        for verdict in (documents.drift_verdict(1, "2"), VERDICT):
            key = state_keys.DRIFT_VERDICTS / verdict.window_end.isoformat()
            made.state.put("flights", key, verdict)
        page = f"{keys.drift_report('flights', WINDOW)}/evidently.html"
        made.artifacts.put(page, b"<script>plots()</script>")
        yield made


@pytest.fixture
def reports(deployment: Deployment, tmp_path: Path) -> Reports:
    return Reports(Connection("dev"), tmp_path)


def test_the_page_leads_to_the_reports_that_there_are(
    deployment: Deployment, reports: Reports
) -> None:
    found = reports_of(Connection("dev"), "flights")
    assert isinstance(found, DrawnLinks)
    data, newest, evidently, older = found.links
    assert data == ("What landed, by data set and file", "/reports/flights/data/index.html")
    assert newest[0].startswith("Drift, ") and newest[0].endswith(": drifted")
    assert newest[1] == f"/reports/flights/drift/{WINDOW}"
    assert evidently == ("The same window by evidently", f"{newest[1]}/evidently.html")
    assert older[0].endswith(": none")
    for _, address in found.links:
        assert reports.at(address.removeprefix(REPORTS)).text
    put_boards()
    text = rendered(Connection("dev"), "flights", "1d", now=NOW)
    assert f'<a href="{newest[1]}">Drift, ' in text
    saved = rendered(Connection("dev"), "flights", "1d", now=NOW, links=False)
    assert REPORTS not in saved, "a page in a file leads nowhere"


def test_a_window_s_page_is_made_of_its_verdict(reports: Reports) -> None:
    found = reports.at(f"flights/drift/{WINDOW}")
    assert "Verdict: drift of temp." in Reader(found.text).text and found.policy == POLICY


def test_what_another_tool_made_runs_as_of_no_site(reports: Reports) -> None:
    found = reports.at(f"flights/drift/{WINDOW}/evidently.html")
    assert (found.text, found.policy) == ("<script>plots()</script>", FOREIGN)
    assert "allow-same-origin" not in FOREIGN and "default-src 'none'" in FOREIGN


def test_the_report_on_data_is_made_anew_with_its_index(
    deployment: Deployment, reports: Reports
) -> None:
    index = reports.at("flights/data/index.html")
    assert "flights" in Reader(index.text).text and index.policy == POLICY
    page = reports.at("flights/data/flights.html").text
    assert "1 batches validated" in Reader(page).text
    [batch] = re.findall(r'href="(flights-\w+\.html)"', page)
    assert "march.csv" in Reader(reports.at(f"flights/data/{batch}").text).text
    deployment.land("flights/flights/april.csv", csv_bytes(flights(50)[40:]))
    assert reports.at("flights/data/flights.html").text == page
    reports.at("flights/data/index.html")
    assert "2 batches validated" in Reader(reports.at("flights/data/flights.html").text).text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "flights",
        "flights/data/",
        "flights/data/none.html",
        "flights/data/../secret.html",
        "flights/drift/20240101T000000Z",
        "flights/drift/20241399T000000Z",
        f"flights/drift/{WINDOW}/none.html",
        "pigeons/data/index.html",
        f"pigeons/drift/{WINDOW}",
    ],
)
def test_what_is_not_there_is_not_found(path: str, reports: Reports, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("not for everybody")
    with pytest.raises(NotFound):
        reports.at(path)


def test_whoever_may_not_read_the_state_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        found = reports_of(Connection("dev"), "flights")
    assert isinstance(found, Note) and "Nothing is deployed as" in found.text
