"""The page shows what CloudWatch has, to everybody, and runs nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.dashboard.board import AlarmNames, Chart, Note, Query, SearchQuery, panels_of, search_of
from cli.dashboard.chart import _ticks, cells, heat, lines, number
from cli.dashboard.page import POLICY, RANGES, STYLE, page
from cli.dashboard.read import (
    Board,
    DrawnAlarm,
    DrawnAlarms,
    DrawnChart,
    DrawnTexts,
    Series,
    period_of,
)
from infra.dashboard_body import body
from infra.widgets import fleet_rows, problem_rows
from tests.accounts import FLIGHTS

END = datetime(2024, 5, 20, 12, tzinfo=UTC)
BEGIN = END - timedelta(days=7)
ALARM = "ghosteam-dev-flights-DriftSustained"


def of_problem() -> str:
    rows = problem_rows(FLIGHTS, (ALARM,))
    arn = f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{ALARM}"
    return json.dumps(
        body(rows, namespace="Ghosteam/dev", region="eu-west-1", alarm_arns={ALARM: arn})
    )


def series(label: str, *values: float) -> Series:
    step = (END - BEGIN) / max(1, len(values))
    return Series(label, tuple((BEGIN + n * step, value) for n, value in enumerate(values)))


def chart(title: str = "t", heat: bool = False) -> Chart:
    return Chart(title, (), 300, 0, None, heat)


def board(*panels: object, problem: str | None = "flights") -> Board:
    problems = ("flights", "glucose")
    return Board("dev", problem, problems, BEGIN, END, panels)  # type: ignore[arg-type]


class Reader(HTMLParser):
    """The page's elements; every one that is opened is closed."""

    VOID = frozenset({"meta", "line", "circle", "rect", "polyline"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID or tag == "rect":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_our_own_dashboards_are_read_whole() -> None:
    panels = panels_of(of_problem())
    assert not any(isinstance(panel, Note) for panel in panels)
    alarms, *charts = panels
    assert alarms == AlarmNames("Alarms", (ALARM,))
    (drift,) = [one for one in charts if isinstance(one, Chart) and one.heat]
    assert drift.queries == (
        SearchQuery(
            "Ghosteam/dev",
            "FeatureDrift",
            ("Problem", "Feature"),
            (("Problem", "flights"),),
            "Maximum",
        ),
    )
    fleet = body(fleet_rows(), namespace="Ghosteam/dev-eu", region="r", alarm_arns={})
    assert all(isinstance(panel, Chart) for panel in panels_of(json.dumps(fleet)))


def test_what_the_console_writes_shorter_is_read_the_same() -> None:
    rows = [
        ["N", "M", "Problem", "flights", "Slot", "champion", {"stat": "p95", "label": "c"}],
        ["...", "challenger"],
        [".", "Other", ".", ".", ".", "."],
    ]
    widget = {"type": "metric", "properties": {"metrics": rows, "title": "t", "stat": "Sum"}}
    (found,) = panels_of(json.dumps({"widgets": [widget]}))
    assert isinstance(found, Chart)
    of = (("Problem", "flights"), ("Slot", "challenger"))
    assert found.queries == (
        Query("N", "M", (("Problem", "flights"), ("Slot", "champion")), "p95", "c"),
        Query("N", "M", of, "Sum", "flights challenger"),
        Query("N", "Other", of, "Sum", "flights challenger"),
    )


def test_what_is_not_drawn_is_told() -> None:
    widgets = [
        {"type": "log", "properties": {"title": "a"}},
        {"type": "metric", "properties": {"metrics": [[{"expression": "m1 / m2"}]], "title": "b"}},
    ]
    log, expression = panels_of(json.dumps({"widgets": widgets}))
    assert isinstance(log, Note) and "of the type log" in log.text
    assert isinstance(expression, Note) and "m1 / m2" in expression.text
    assert log.text in page(board(log), "7d")


def test_a_search_finds_metrics_with_exactly_its_dimensions() -> None:
    search = search_of(
        'SEARCH(\'{"Ghosteam/dev",Problem,Feature} MetricName="D" Problem="flights"\', \'p95\', 60)'
    )
    metrics = [
        {"Dimensions": [{"Name": n, "Value": v} for n, v in pairs.items()]}
        for pairs in (
            {"Problem": "flights", "Feature": "temp"},
            {"Problem": "glucose", "Feature": "temp"},
            {"Problem": "flights"},
            {"Problem": "flights", "Feature": "wind", "More": "x"},
        )
    ]
    (found,) = search.found(metrics)
    assert (found.label, found.stat, found.namespace) == ("temp", "p95", "Ghosteam/dev")
    for wrong in ("SUM(m1)", "SEARCH('MetricName=\"D\"', 'Sum', 60)", "SEARCH('{N} x', 'Sum')"):
        with pytest.raises(ValueError, match="CloudWatch alone draws"):
            search_of(wrong)


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    hostile = '<script>alert(1)</script>" onload="x'
    text = page(
        board(
            DrawnAlarms("Alarms", (DrawnAlarm(hostile, "ALARM", END, hostile),)),
            DrawnChart(chart(hostile), (series(hostile, 1, 2),)),
            DrawnChart(chart(hostile, heat=True), (series(hostile, 1, 2),)),
            DrawnTexts(hostile, (hostile,)),
        ),
        "7d",
    )
    read = Reader(text)
    tags = {tag for tag, _ in read.seen}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "input"}
    for _, attributes in read.seen:
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes)
        assert (attributes.get("href") or "/").startswith(("/", "#"))
    assert "default-src 'none'" in POLICY and "unsafe" not in POLICY
    assert f"<style>{STYLE}</style>" in text and "</" not in STYLE and "@import" not in STYLE


def test_the_page_is_read_without_eyes_and_without_a_mouse() -> None:
    text = page(board(DrawnChart(chart("Rows"), (series("a", 1, 5),))), "7d")
    read = Reader(text)
    assert ("html", {"lang": "en"}) in read.seen
    (image,) = [attributes for tag, attributes in read.seen if tag == "svg"]
    assert image["role"] == "img" and image["aria-label"] == "Rows. Newest: a 5"
    current = [attributes for tag, attributes in read.seen if "aria-current" in attributes]
    assert [one["href"] for one in current] == ["/flights?range=7d", "/flights?range=7d"]
    assert ("details", {}) in read.seen and "<td>5</td>" in text
    assert {"href": "#main", "class": "skip"} in [attributes for _, attributes in read.seen]
    headings = [tag for tag, _ in read.seen if re.fullmatch("h[1-6]", tag)]
    assert headings == ["h1", "h2"]
    assert any("width=device-width" in str(a.get("content")) for _, a in read.seen)
    assert "minmax(min(100%, 26rem), 1fr)" in STYLE, "one column on a phone"


def test_alarms_say_since_when_and_where_to_look() -> None:
    raised = DrawnAlarm(ALARM, "ALARM", END, "flights: It drifts. See docs/runbook.md#drift")
    fine = DrawnAlarm("x", "OK", END, "")
    text = page(board(DrawnAlarms("Alarms", (raised, fine))), "1d")
    assert "1 of 2 raised." in text and "since 2024-05-20 12:00: flights: It drifts." in text
    assert f"./ghosteam why flights alarm {ALARM} --environment dev" in text
    assert "docs/runbook.md, drift" in text
    fleet = page(board(DrawnAlarms("Alarms", (raised,)), problem=None), "1d")
    assert "./ghosteam status --environment dev" in fleet
    assert "<p>There are none.</p>" in page(board(DrawnAlarms("Alarms", ())), "1d")


def test_a_problems_page_says_where_reasons_and_reports_are() -> None:
    text = page(board(), "1d")
    assert "<code>./ghosteam why flights --environment dev</code>" in text
    assert "<code>./ghosteam report drift flights --environment dev</code>" in text
    assert "<code>" not in page(board(problem=None), "1d")


def test_what_is_told_in_words_keeps_its_lines() -> None:
    told = DrawnTexts("Runs", ("r2  refused\n    why  it drifts", "r1  promoted"))
    text = page(board(told), "1d")
    assert "<pre>r2  refused\n    why  it drifts</pre><pre>r1  promoted</pre>" in text
    assert "<p>There are none.</p>" in page(board(DrawnTexts("Runs", ())), "1d")
    Reader(text)


def test_a_page_in_a_file_leads_nowhere() -> None:
    text = page(board(DrawnChart(chart(), ())), "30d", links=False)
    assert "<nav" not in text and "Nothing was measured in this time." in text
    assert "frame-ancestors" not in text and "30 days until 2024-05-20 12:00 UTC" in text


def test_many_series_are_counted() -> None:
    assert "7 more are not shown" in page(board(DrawnChart(chart(), (series("a", 1),), 7)), "7d")


VALUES = st.floats(-1e12, 1e12, allow_nan=False) | st.sampled_from([0.0, 1e-9, float("inf")])


@given(st.lists(st.lists(VALUES, max_size=60), max_size=10), st.none() | st.just(0.0))
def test_whatever_was_measured_is_drawn_inside_the_picture(
    found: list[list[float]], low: float | None
) -> None:
    shown = [series(f"s{n}", *values) for n, values in enumerate(found)]
    svg = lines(shown, BEGIN, END, low=low, high=None, title="t")
    Reader(svg)
    points = re.findall(r'points="([^"]*)"', svg)
    for pair in (pair for line in points for pair in line.split()):
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 640 and 0 <= y <= 220
    finite = [[v for v in values if abs(v) < float("inf")] for values in found]
    Reader(cells([series(f"s{n}", *v) for n, v in enumerate(finite)], BEGIN, END, title="t"))


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_round_and_few(low: float, width: float) -> None:
    found = _ticks(low, low + width)
    assert len(found) <= 7
    assert all(low - width * 1e-3 <= tick <= low + width * 1.001 for tick in found)
    assert all(one < other for one, other in pairwise(found))


def test_cells_keep_the_largest_of_their_time() -> None:
    svg = cells([series("temp", 0.05, 0.3)], BEGIN, END, title="t")
    assert svg.count("<rect") == 2 and 'class="h0"' in svg and 'class="h2"' in svg
    assert "temp, 2024-05-13 12:00: 0.05" in svg
    close = Series("temp", ((BEGIN, 0.1), (BEGIN + timedelta(minutes=1), 2.0)))
    assert cells([close], BEGIN, END, title="t").count("<rect") == 1
    assert [heat(value) for value in (0, 0.1, 0.2, 0.5, 1.0, 9)] == [0, 1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.12345, "0.1235"), (1234.5, "1,234"), (1.5e7, "1.5e+07"), (1e-5, "1e-05")],
)
def test_numbers_are_short(value: float, told: str) -> None:
    assert number(value) == told


@pytest.mark.parametrize(
    ("least", "days", "period"),
    [(300, 1, 300), (300, 7, 2040), (3600, 7, 3600), (300, 30, 8700), (300, 90, 28_800)],
)
def test_points_are_as_fine_as_cloudwatch_keeps_them(least: int, days: int, period: int) -> None:
    assert period_of(least, END - timedelta(days=days), END) == period


def test_every_range_is_one() -> None:
    assert all(re.fullmatch(r"\d+[hd]", key) for key in RANGES)
