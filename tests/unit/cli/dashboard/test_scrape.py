"""Prometheus is given what the dashboards show, and Grafana asks for just that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from cli.connection import Connection
from cli.dashboard.exposition import ALARM, MetricFamily, exposition, metric_name
from cli.dashboard.grafana import grafana, grafana_json
from cli.dashboard.scrape import LOOK_BACK, scraped
from cli.dashboard.serve import remembered
from ghosteam.errors import NotFound
from infra.widgets import WATCHED, Graph, SearchExpression, WidgetSeries, fleet_rows, problem_rows
from tests.accounts import FLIGHTS, memory_account

NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
HOUR = timedelta(hours=1)
SPACE = "Ghosteam/dev"
Value = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Value:
    """All samples, by Prometheus' own parser, which knows each metric's type."""
    found: Value = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge" and family.documentation
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found
            found[key] = sample.value
    return found


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset({"environment": "dev", **labels}.items())


@pytest.fixture
def connection() -> Iterator[Connection]:
    with memory_account():
        yield Connection("dev")


def put(metric: str, value: float, ago: timedelta, **dimensions: str) -> None:
    boto3.client("cloudwatch").put_metric_data(
        Namespace=SPACE,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
                "Value": value,
                "Timestamp": NOW - ago,
            }
        ],
    )


def scrape(connection: Connection) -> Value:
    return parsed(exposition(scraped(connection, [FLIGHTS], now=NOW)))


def test_what_a_watch_found_holds_and_what_requests_brought_does_not(
    connection: Connection,
) -> None:
    put("DriftedShare", 0.5, 50 * HOUR, Problem="flights")
    put("DriftedShare", 0.25, 26 * HOUR, Problem="flights")
    put("FeatureDrift", 1.5, 26 * HOUR, Problem="flights", Feature="temp")
    put("ModelVersion", 3, 26 * HOUR, Problem="flights")
    put("ChallengerPercent", 10, timedelta(minutes=20), Problem="flights")
    found = scrape(connection)
    assert found[of("ghosteam_drifted_share_maximum", problem="flights")] == 0.25
    assert found[of("ghosteam_feature_drift_maximum", problem="flights", feature="temp")] == 1.5
    assert found[of("ghosteam_challenger_percent_maximum", problem="flights")] == 10
    assert of("ghosteam_model_version_maximum", problem="flights") not in found


def test_a_sum_is_that_of_the_last_whole_period_and_nothing_is_0(connection: Connection) -> None:
    dataset = next(iter(FLIGHTS.datasets))
    for ago, rows in ((2, 100.0), (1, 7.0), (0, 900.0)):
        put("RowsIngested", rows, ago * HOUR, Problem="flights", Dataset=dataset)
    found = scrape(connection)
    assert found[of("ghosteam_rows_ingested_sum", problem="flights", dataset=dataset)] == 7
    assert found[of("ghosteam_rows_quarantined_sum", problem="flights", dataset=dataset)] == 0


def test_alarms_are_told_with_the_problem_that_they_are_of(connection: Connection) -> None:
    watch = boto3.client("cloudwatch")
    for name, dimensions in (
        ("ghosteam-dev-flights-DriftSustained", [{"Name": "Problem", "Value": "flights"}]),
        ("late", [{"Name": "Step", "Value": "check_drift"}]),
    ):
        watch.put_metric_alarm(
            AlarmName=name,
            Namespace=SPACE,
            MetricName="m",
            Dimensions=dimensions,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
        )
    watch.set_alarm_state(AlarmName="late", StateValue="ALARM", StateReason="r")
    found = scrape(connection)
    drift = "ghosteam-dev-flights-DriftSustained"
    assert found[of(ALARM, problem="flights", alarm=drift)] == 0
    assert found[of(ALARM, alarm="late")] == 1


@given(st.dictionaries(st.from_regex("[a-z]{1,8}", fullmatch=True), st.text()), st.floats())
def test_whatever_a_label_holds_comes_back(labels: dict[str, str], value: float) -> None:
    text = exposition([MetricFamily("ghosteam_m", "a\nb\\c", [(labels, value)])])
    assert re.fullmatch(r"# HELP [^\n]+\n# TYPE ghosteam_m gauge\n[^\n]*\n", text)
    [family] = text_string_to_metric_families(text)
    [sample] = family.samples
    assert sample.labels == labels and family.documentation == "a\nb\\c"
    assert sample.value == value or value != value


def test_what_has_no_value_is_not_there() -> None:
    assert exposition([MetricFamily("ghosteam_m", "h", [])]) == ""


def test_names_are_those_of_prometheus() -> None:
    assert metric_name("DriftedShare", "Maximum") == "ghosteam_drifted_share_maximum"
    assert metric_name("PredictionMilliseconds", "p95") == "ghosteam_prediction_milliseconds_p95"


def test_every_period_of_a_graph_is_one_that_is_looked_back_for() -> None:
    graphs = [
        widget
        for rows in (fleet_rows(), problem_rows(FLIGHTS, ()))
        for row in rows
        for widget in row
        if isinstance(widget, Graph)
    ]
    assert {graph.period for graph in graphs} == LOOK_BACK.keys()
    by_name: dict[str, set[int]] = {}
    for graph in graphs:
        for one in graph.series:
            by_name.setdefault(metric_name(one.metric, one.stat), set()).add(graph.period)
    assert all(len(periods) == 1 for periods in by_name.values()), "one name, one meaning"
    assert LOOK_BACK[WATCHED] % timedelta(seconds=WATCHED) == timedelta(0)


@pytest.mark.parametrize("problem", [None, "flights"])
def test_grafana_asks_for_what_prometheus_is_given(problem: str | None) -> None:
    rows = problem_rows(FLIGHTS, ()) if problem else fleet_rows()
    made = json.loads(json.dumps(grafana(rows, environment="dev", problem=problem)))
    widgets = [widget for row in rows for widget in row]
    assert [panel["title"] for panel in made["panels"]] == [widget.title for widget in widgets]
    for panel, widget in zip(made["panels"], widgets, strict=True):
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({one["refId"] for one in panel["targets"]}) == len(panel["targets"])
        asked = [re.fullmatch(r"(\w+)\{(.*)\}", one["expr"]) for one in panel["targets"]]
        names = [one[1] for one in asked if one]
        if isinstance(widget, Graph):
            assert names == [metric_name(one.metric, one.stat) for one in widget.series]
            for one, found in zip(widget.series, asked, strict=True):
                assert found and 'environment="dev"' in found[2]
                known = one.dimensions if isinstance(one, WidgetSeries) else one.fixed
                assert found[2].count("=") == len(known) + 1
                assert isinstance(one, WidgetSeries | SearchExpression)
        else:
            assert names == [ALARM]
    cells = sorted(
        (one["y"], one["x"], one["w"]) for one in (panel["gridPos"] for panel in made["panels"])
    )
    for (y, x, width), (below, right, _) in pairwise(cells):
        assert below > y or x + width <= right
    assert made["templating"]["list"][0]["type"] == "datasource"


def test_a_problem_without_a_folder_has_no_dashboard() -> None:
    assert json.loads(grafana_json("flights", "dev"))["title"] == "Ghosteam dev: flights"
    with pytest.raises(NotFound):
        grafana_json("pigeons", "dev")


def test_cloudwatch_is_asked_no_more_often_than_it_has_something_new() -> None:
    now, made = [0.0], iter("abc")
    give = remembered(lambda: next(made), seconds=300, clock=lambda: now[0])
    assert [give(), give()] == ["a", "a"]
    now[0] = 300
    assert give() == "b"
