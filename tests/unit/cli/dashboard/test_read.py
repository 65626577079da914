"""The page asks CloudWatch, and the state for what became of runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cli.connection import Connection
from cli.dashboard.exposition import CONTENT_TYPE
from cli.dashboard.page import POLICY
from cli.dashboard.read import DrawnAlarms, DrawnChart, read_board
from cli.dashboard.reports import Report
from cli.dashboard.serve import HttpResponse, _handler, length_of, rendered
from ghosteam.documents import state_keys
from ghosteam.documents.run import Run, RunReason
from ghosteam.errors import NotFound
from tests.accounts import Account, memory_account
from tests.boards import NAMES, NOW, put, put_boards


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        yield made


@pytest.fixture
def connection(account: Account) -> Connection:
    put_boards()
    return Connection("dev")


def charts(connection: Connection, problem: str | None) -> dict[str, DrawnChart]:
    board = read_board(connection, problem, end=NOW, length=timedelta(days=1))
    return {one.chart.title: one for one in board.panels if isinstance(one, DrawnChart)}


def values(drawn: DrawnChart) -> dict[str, list[float]]:
    return {one.label: [value for _, value in one.points] for one in drawn.series if one.points}


def test_a_problem_shows_its_alarms_and_what_was_measured(connection: Connection) -> None:
    put("DriftedShare", 0.25, Problem="flights")
    put("DriftedShare", 0.75, Problem="glucose")
    put("Predictions", 5, Problem="flights", Slot="champion")
    put("Predictions", 7, Problem="flights", Slot="champion")
    found = charts(connection, "flights")
    drifted = found["What drifted, as a share of all features"]
    assert values(drifted) == {"share": [0.25]} and drifted.chart.high == 1
    assert values(found["Predictions made"]) == {"champion": [12.0]}
    board = read_board(connection, "flights", end=NOW, length=timedelta(days=1))
    (alarms,) = [one for one in board.panels if isinstance(one, DrawnAlarms)]
    assert [(one.name, one.state == "ALARM") for one in alarms.alarms] == [
        (NAMES[0], True),
        (NAMES[1], False),
    ]
    assert board.problems == ("flights",), "not those of another environment"


def test_a_search_finds_features_and_no_other_problem_s(connection: Connection) -> None:
    put("FeatureDrift", 0.4, Problem="flights", Feature="temp")
    for hours in (2, 3):
        put("FeatureDrift", 1.4, Problem="flights", Feature="wind", hours=hours)
    put("FeatureDrift", 9.9, Problem="glucose", Feature="bmi")
    found = charts(connection, "flights")["Drift of features, in standard deviations"]
    assert found.chart.heat and values(found) == {"temp": [0.4], "wind": [1.4, 1.4]}
    assert [one.label for one in found.series] == ["temp", "wind"], "each once"


def test_the_fleet_shows_every_problem_and_all_alarms(connection: Connection) -> None:
    put("DriftedShare", 0.25, Problem="flights")
    put("DriftedShare", 0.75, Problem="glucose")
    found = charts(connection, None)
    shares = values(found["What drifted, as a share of all features"])
    assert shares == {"flights": [0.25], "glucose": [0.75]}
    text = rendered(connection, None, "1d", now=NOW)
    assert "1 of 2 raised." in text and "flights" in text


def _publish(**names: str) -> None:
    for name, value in names.items():
        boto3.client("ssm").put_parameter(Name=f"/ghosteam-dev/{name}", Value=value, Type="String")


def test_a_problems_page_has_the_reasons_of_its_newest_runs(
    connection: Connection, account: Account
) -> None:
    _publish(state_table="state", artifact_bucket="artifacts", lake_bucket="lake")
    for day in range(1, 8):
        began = datetime(2024, 5, day, tzinfo=UTC)
        run = Run(
            run_id=f"r-{day}",
            occasion_id=f"o-{day}",
            reason=RunReason("drift", "temp drifted"),
            as_of=began,
            started_at=began,
            status="refused",
            reasons=(f"roc_auc is <0.0{day} better",),
        )
        account.state.put("flights", state_keys.RUNS / run.run_id, run)
    text = rendered(connection, "flights", "1d", now=NOW)
    assert "r-7  refused, started 2024-05-07 00:00 by drift\n    why  temp drifted\n" in text
    assert "    · roc_auc is &lt;0.07 better</pre>" in text
    assert re.findall(r"<pre>(r-\d)", text) == ["r-7", "r-6", "r-5", "r-4", "r-3"]
    assert "<pre>" not in rendered(connection, None, "1d", now=NOW)


def test_whoever_may_not_read_the_state_has_the_charts(connection: Connection) -> None:
    text = rendered(connection, "flights", "1d", now=NOW)
    assert "<pre>They cannot be read: Nothing is deployed as" in text and "Alarms" in text


def test_what_is_not_there_is_told_with_what_is(connection: Connection) -> None:
    with pytest.raises(NotFound, match="problems flights"):
        read_board(connection, "pigeons", end=NOW, length=timedelta(days=1))
    boto3.client("cloudwatch").delete_dashboards(DashboardNames=["ghosteam-dev"])
    with pytest.raises(NotFound, match="no dashboard ghosteam-dev"):
        read_board(connection, None, end=NOW, length=timedelta(days=1))


def test_a_range_is_a_length() -> None:
    assert (length_of("3h"), length_of("90d")) == (timedelta(hours=3), timedelta(days=90))


def answer(path: str, host: str = "127.0.0.1:8080") -> HttpResponse:
    def render(problem: str | None, chosen: str) -> str:
        if problem == "pigeons":
            raise NotFound("There is no dashboard of <pigeons>")
        return f"{problem} {chosen}"

    def report(path: str) -> Report:
        if path == "flights/drift/none":
            raise NotFound("There is no report")
        return Report(path, "sandbox")

    handler: Any = _handler(render, lambda: "ghosteam_alarm 1.0\n", report)
    asked = handler.__new__(handler)
    asked.headers, asked.path = {"Host": host}, path
    found: HttpResponse = asked._answer()
    return found


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/", 200, "None 7d"),
        ("/flights", 200, "flights 7d"),
        ("/flights?range=30d", 200, "flights 30d"),
        ("/flights?range=1y", 400, "one of 3h"),
        ("/pigeons", 404, "&lt;pigeons&gt;"),
    ],
)
def test_addresses_lead_to_dashboards(path: str, status: int, says: str) -> None:
    found = answer(path)
    assert found.status == status and says in found.text
    assert found.kind.startswith("text/html")


def test_prometheus_has_an_address_that_is_no_problem_s() -> None:
    found = answer("/metrics")
    assert (found.text, found.kind) == ("ghosteam_alarm 1.0\n", CONTENT_TYPE)
    assert answer("/metrics?range=7d").text == "metrics 7d"


def test_reports_have_addresses_and_a_policy_of_their_own() -> None:
    found = answer("/reports/flights/data/a%20b.html")
    assert (found.status, found.text, found.policy) == (200, "flights/data/a b.html", "sandbox")
    assert answer("/reports/flights/drift/none").status == 404
    assert answer("/reports").text == "reports 7d", "a problem may be called so"
    assert answer("/flights").policy == POLICY


def test_another_site_that_gives_its_name_this_address_learns_nothing() -> None:
    assert answer("/flights", host="evil.example:8080").status == 421
    assert answer("/metrics", host="evil.example").status == 421
    assert answer("/flights", host="localhost:8080").status == 200
