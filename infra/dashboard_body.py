"""A dashboard as CloudWatch takes it.

Source: CloudWatch user guide, "Dashboard body structure and syntax" and "Search expression syntax".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.widgets import AlarmList, Graph, Rows, SearchExpression, WidgetSeries

WIDTH, HEIGHT = 24, 6
"""Columns of a dashboard's grid, and rows of a graph."""


def body(
    rows: Rows, *, namespace: str, region: str, alarm_arns: Mapping[str, str]
) -> dict[str, Any]:
    """Rows of widgets, in JSON. ``alarm_arns``: by the alarms' names."""
    widgets = []
    for place, row in enumerate(rows):
        width = WIDTH // len(row)
        for column, widget in enumerate(row):
            widgets.append(
                {
                    "type": "alarm" if isinstance(widget, AlarmList) else "metric",
                    "x": column * width,
                    "y": place * HEIGHT,
                    "width": width,
                    "height": HEIGHT,
                    "properties": _alarms(widget, alarm_arns)
                    if isinstance(widget, AlarmList)
                    else _graph(widget, namespace, region),
                }
            )
    return {"widgets": widgets}


def _alarms(widget: AlarmList, arns: Mapping[str, str]) -> dict[str, Any]:
    return {"title": widget.title, "alarms": [arns[name] for name in widget.alarms]}


def _graph(widget: Graph, namespace: str, region: str) -> dict[str, Any]:
    bounds = {"min": widget.low, "max": widget.high}
    return {
        "title": widget.title,
        "view": "timeSeries",
        "stacked": False,
        "region": region,
        "period": widget.period,
        "yAxis": {"left": {name: value for name, value in bounds.items() if value is not None}},
        "metrics": [
            _metric(series, namespace, widget.period, place)
            for place, series in enumerate(widget.series)
        ],
    }


def _metric(
    series: WidgetSeries | SearchExpression, namespace: str, period: int, place: int
) -> list[Any]:
    if isinstance(series, WidgetSeries):
        pairs = [text for pair in series.dimensions for text in pair]
        return [namespace, series.metric, *pairs, {"stat": series.stat, "label": series.label}]
    fixed = "".join(f' {name}="{value}"' for name, value in series.fixed)
    schema = ",".join((f'"{namespace}"', *series.dimensions))
    found = f'{{{schema}}} MetricName="{series.metric}"{fixed}'
    expression = f"SEARCH('{found}', '{series.stat}', {period})"
    label = f"${{PROP('Dim.{series.dimensions[-1]}')}}"
    return [{"expression": expression, "id": f"s{place}", "label": label}]
