"""What a dashboard shows, asked of CloudWatch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cli.alarms import alarms_of
from cli.connection import Connection
from cli.dashboard.board import AlarmNames, Chart, Note, Query, SearchQuery, panels_of
from ghosteam.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import (
        DimensionFilterTypeDef,
        MetricAlarmTypeDef,
        MetricDataQueryTypeDef,
    )

_QUERIES = 500
"""Of one GetMetricData."""
_POINTS = 300
"""About so many of a series are drawn."""
MOST_SERIES = 40
_KEPT = ((timedelta(days=15), 60), (timedelta(days=63), 300), (timedelta(days=455), 3600))
"""How long CloudWatch keeps points, and of how many seconds: the finer ones are gone first."""


Points = tuple[tuple[datetime, float], ...]
"""(moment, value), oldest first."""


@dataclass(frozen=True)
class Series:
    """What a chart shows of one metric."""

    label: str
    points: Points


@dataclass(frozen=True)
class DrawnChart:
    """A chart with what it shows; ``left_off``: how many series more there are."""

    chart: Chart
    series: tuple[Series, ...]
    left_off: int = 0


@dataclass(frozen=True)
class DrawnAlarm:
    """An alarm as it stands. ``what``: its description."""

    name: str
    state: str
    since: datetime
    what: str


@dataclass(frozen=True)
class DrawnAlarms:
    """A list of alarms as they stand."""

    title: str
    alarms: tuple[DrawnAlarm, ...]


@dataclass(frozen=True)
class DrawnTexts:
    """What is told in words; each text may have lines."""

    title: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class DrawnLinks:
    """Where there is more: texts with their addresses."""

    title: str
    links: tuple[tuple[str, str], ...]


Drawn = DrawnChart | DrawnAlarms | DrawnTexts | DrawnLinks | Note


@dataclass(frozen=True)
class Board:
    """A dashboard from ``begin`` to ``end``. ``problem``: None for that of the fleet; ``problems``:
    those that have one.
    """

    environment: str
    problem: str | None
    problems: tuple[str, ...]
    begin: datetime
    end: datetime
    panels: tuple[Drawn, ...]


def read_board(
    connection: Connection, problem: str | None, *, end: datetime, length: timedelta
) -> Board:
    """The dashboard of a problem, or of the fleet, and what it shows of the ``length`` until
    ``end``. Raises NotFound for one that is not there.
    """
    client, prefix = connection.client("cloudwatch"), f"ghosteam-{connection.environment}"
    known = _problems(client, prefix)
    if problem is not None and problem not in known:
        raise NotFound(
            f"There is no dashboard of {problem!r}",
            where={"problems": ", ".join(known) or "none"},
            remedy="Deploy the problem; 'problem_dashboards' in infra/settings.py must be on",
        )
    name = f"{prefix}-{problem}" if problem else prefix
    try:
        body = client.get_dashboard(DashboardName=name)["DashboardBody"]
    except client.exceptions.ClientError as error:
        raise NotFound(
            f"There is no dashboard {name}",
            remedy=f"./ghosteam deploy --environment {connection.environment}",
        ) from error
    alarms = [_alarm(one) for one in alarms_of(connection)]
    begin, panels = end - length, panels_of(body)
    charts = [panel for panel in panels if isinstance(panel, Chart)]
    drawn = iter(_drawn(client, charts, begin, end))
    shown: list[Drawn] = [] if problem else [_all(alarms)]
    for panel in panels:
        match panel:
            case Chart():
                shown.append(next(drawn))
            case AlarmNames():
                found = tuple(one for one in alarms if one.name in panel.names)
                shown.append(DrawnAlarms(panel.title, found))
            case Note():
                shown.append(panel)
    return Board(connection.environment, problem, known, begin, end, tuple(shown))


def _all(alarms: Sequence[DrawnAlarm]) -> DrawnAlarms:
    """The fleet's dashboard names no alarms: those that hold come first."""
    ordered = sorted(alarms, key=lambda one: (one.state != "ALARM", one.name))
    return DrawnAlarms("Alarms", tuple(ordered))


def _problems(client: CloudWatchClient, prefix: str) -> tuple[str, ...]:
    pages = client.get_paginator("list_dashboards").paginate(DashboardNamePrefix=f"{prefix}-")
    names = (one["DashboardName"] for page in pages for one in page.get("DashboardEntries", []))
    # A problem's name has no dash; another environment's, which begins like this one's, may have.
    rest = (name.removeprefix(f"{prefix}-") for name in names if name.startswith(f"{prefix}-"))
    return tuple(sorted(name for name in rest if "-" not in name))


def _alarm(found: MetricAlarmTypeDef) -> DrawnAlarm:
    return DrawnAlarm(
        found["AlarmName"],
        found["StateValue"],
        found["StateUpdatedTimestamp"],
        found.get("AlarmDescription", ""),
    )


def _drawn(
    client: CloudWatchClient, charts: Sequence[Chart], begin: datetime, end: datetime
) -> Iterator[DrawnChart]:
    """All charts with their series."""
    wanted: list[tuple[int, Query, int]] = []
    left_off = {}
    for place, chart in enumerate(charts):
        queries = [one for query in chart.queries for one in queries_of(client, query)]
        left_off[place] = max(0, len(queries) - MOST_SERIES)
        period = period_of(chart.period, begin, end)
        wanted += [(place, query, period) for query in queries[:MOST_SERIES]]
    series: dict[int, list[Series]] = {place: [] for place in range(len(charts))}
    points = points_of(client, [(query, period) for _, query, period in wanted], begin, end)
    for (place, query, _), found in zip(wanted, points, strict=True):
        series[place].append(Series(query.label, found))
    for place, chart in enumerate(charts):
        yield DrawnChart(chart, tuple(series[place]), left_off[place])


def queries_of(client: CloudWatchClient, query: Query | SearchQuery) -> Sequence[Query]:
    """What is asked for; of a search, each metric that there is, once."""
    if isinstance(query, Query):
        return [query]
    dimensions: list[DimensionFilterTypeDef] = [
        {"Name": name, "Value": value} for name, value in query.fixed
    ]
    pages = client.get_paginator("list_metrics").paginate(
        Namespace=query.namespace, MetricName=query.metric, Dimensions=dimensions
    )
    metrics = [metric for page in pages for metric in page["Metrics"]]
    return sorted(set(query.found(metrics)), key=lambda one: one.label)


def points_of(
    client: CloudWatchClient, queries: Sequence[tuple[Query, int]], begin: datetime, end: datetime
) -> list[Points]:
    """Those of each query with its seconds of a point, by as many GetMetricData as it takes."""
    return [
        points
        for first in range(0, len(queries), _QUERIES)
        for points in _points(client, queries[first : first + _QUERIES], begin, end)
    ]


def _points(
    client: CloudWatchClient, queries: Sequence[tuple[Query, int]], begin: datetime, end: datetime
) -> list[Points]:
    asked: list[MetricDataQueryTypeDef] = [
        {
            "Id": f"q{place}",
            "MetricStat": {
                "Metric": {
                    "Namespace": query.namespace,
                    "MetricName": query.metric,
                    "Dimensions": [
                        {"Name": name, "Value": value} for name, value in query.dimensions
                    ],
                },
                "Period": period,
                "Stat": query.stat,
            },
        }
        for place, (query, period) in enumerate(queries)
    ]
    found: dict[str, list[tuple[datetime, float]]] = {one["Id"]: [] for one in asked}
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=asked, StartTime=begin, EndTime=end, ScanBy="TimestampAscending"
    )
    for page in pages:
        for one in page["MetricDataResults"]:
            found[one["Id"]] += zip(one["Timestamps"], one["Values"], strict=True)
    return [tuple(sorted(found[one["Id"]])) for one in asked]


def period_of(least: int, begin: datetime, end: datetime) -> int:
    """Seconds of a point: no less than the widget's, as long as CloudWatch keeps finer ones, and
    so many points as can be seen.
    """
    length = end - begin
    kept = next((seconds for age, seconds in _KEPT if length <= age), _KEPT[-1][1])
    wanted = max(least, kept, int(length.total_seconds()) // _POINTS)
    return -(-wanted // kept) * kept
