"""What Prometheus is given: the metrics of all dashboards and the alarms, asked of CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cli.alarms import alarms_of
from cli.connection import Connection
from cli.dashboard.board import Chart, Query, panels_of
from cli.dashboard.exposition import ALARM, MetricFamily, Sample, labels, metric_name
from cli.dashboard.read import Points, points_of, queries_of
from ghosteam.problem.spec import Problem
from ghosteam.runtime.observability import namespace
from infra.dashboard_body import body
from infra.widgets import REQUESTED, WATCHED, Graph, fleet_rows, problem_rows

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

LOOK_BACK: Mapping[int, timedelta] = {REQUESTED: timedelta(hours=1), WATCHED: timedelta(days=15)}
"""By seconds of a point, how old what is given may be: what requests bring is soon untrue, what a
watch found holds until it finds something else.
"""


def scraped(
    connection: Connection, problems: Iterable[Problem], *, now: datetime
) -> list[MetricFamily]:
    """The metrics as they stand. A sum is that of the last whole period, 0 where nothing was
    counted; of the rest the newest point, and none where that is too old.
    """
    client, environment = connection.client("cloudwatch"), connection.environment
    charts = list(_charts(environment, problems))
    helps: dict[str, str] = {}
    samples: dict[str, list[Sample]] = {}
    for period, length in LOOK_BACK.items():
        asked = _asked(client, [chart for chart in charts if chart.period == period])
        # Points begin where a period does, if what is asked for does.
        since = datetime.fromtimestamp(now.timestamp() // period * period, UTC)
        queries = [(query, period) for query, _ in asked]
        found = points_of(client, queries, since - length, now)
        for (query, title), points in zip(asked, found, strict=True):
            name = metric_name(query.metric, query.stat)
            # What stands after a colon is told of one problem.
            told = title.partition(":")[0]
            helps.setdefault(name, f"{told}; {query.stat} of {period} seconds.")
            value = _value(query.stat, points, since - timedelta(seconds=period))
            if value is not None:
                sample = (labels(environment, query.dimensions), value)
                samples.setdefault(name, []).append(sample)
    families = [MetricFamily(name, helps[name], given) for name, given in samples.items()]
    return [*families, _alarms(connection)]


def _charts(environment: str, problems: Iterable[Problem]) -> Iterator[Chart]:
    """All charts of the definition that CloudWatch's dashboards are made of."""
    for rows in (*(problem_rows(problem, ()) for problem in problems), fleet_rows()):
        graphs = tuple(tuple(one for one in row if isinstance(one, Graph)) for row in rows)
        made = body(graphs, namespace=namespace(environment), region="", alarm_arns={})
        yield from (one for one in panels_of(json.dumps(made)) if isinstance(one, Chart))


def _asked(client: CloudWatchClient, charts: Sequence[Chart]) -> list[tuple[Query, str]]:
    """Each metric and statistic once, with the title of the first chart that shows it."""
    found: dict[tuple[object, ...], tuple[Query, str]] = {}
    for chart in charts:
        for query in (one for asked in chart.queries for one in queries_of(client, asked)):
            key = (query.metric, query.stat, frozenset(query.dimensions))
            found.setdefault(key, (query, chart.title))
    return list(found.values())


def _value(stat: str, points: Points, last: datetime) -> float | None:
    """``last``: when the last whole period began."""
    if stat == "Sum":
        return dict(points).get(last, 0.0)
    return points[-1][1] if points else None


def _alarms(connection: Connection) -> MetricFamily:
    return MetricFamily(
        ALARM,
        "Whether an alarm of CloudWatch is raised.",
        [
            (_names(one, connection), float(one["StateValue"] == "ALARM"))
            for one in alarms_of(connection)
        ],
    )


def _names(alarm: MetricAlarmTypeDef, connection: Connection) -> dict[str, str]:
    """An alarm's name, and the problem that it is of, if it is one's."""
    of = [(one["Name"], one["Value"]) for one in alarm["Dimensions"] if one["Name"] == "Problem"]
    return labels(connection.environment, [*of, ("Alarm", alarm["AlarmName"])])
