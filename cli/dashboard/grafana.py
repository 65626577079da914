"""Grafana's dashboard of the metrics that Prometheus is given, from the definition of CloudWatch's.

Source: Grafana documentation, "Dashboard JSON model", "Import dashboards".
"""

from __future__ import annotations

import json
from typing import Any

from cli.connection import ROOT
from cli.dashboard.exposition import ALARM, label_name, labels, metric_name, selector
from ghosteam.problem.load import find_problem, load_problems
from infra.dashboard_body import HEIGHT, WIDTH
from infra.widgets import (
    AlarmList,
    Rows,
    SearchExpression,
    Widget,
    WidgetSeries,
    fleet_rows,
    problem_rows,
)

SCHEMA_VERSION = 39
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_STATES = {
    "0": {"text": "fine", "color": "green", "index": 0},
    "1": {"text": "raised", "color": "red", "index": 1},
}


def grafana_json(problem: str | None, environment: str) -> str:
    """The dashboard of a problem, or of the fleet. Raises NotFound for a problem without folder."""
    rows = fleet_rows()
    if problem is not None:
        folders = load_problems(ROOT / "feature_repo", environment=environment)
        rows = problem_rows(find_problem(folders, problem), ())
    return json.dumps(grafana(rows, environment=environment, problem=problem), indent=2) + "\n"


def grafana(rows: Rows, *, environment: str, problem: str | None) -> dict[str, Any]:
    """The dashboard as Grafana imports it, which asks for the data source."""
    panels: list[dict[str, Any]] = []
    for place, row in enumerate(rows):
        width = WIDTH // len(row)
        for column, widget in enumerate(row):
            panels.append(
                {
                    "id": len(panels) + 1,
                    "title": widget.title,
                    "datasource": _SOURCE,
                    "gridPos": {
                        "x": column * width,
                        "y": place * HEIGHT,
                        "w": width,
                        "h": HEIGHT,
                    },
                    **_panel(widget, environment, problem),
                }
            )
    return {
        "uid": None,
        "title": f"Ghosteam {environment}: {problem or 'all problems'}",
        "tags": ["ghosteam"],
        "timezone": "utc",
        "schemaVersion": SCHEMA_VERSION,
        "time": {"from": "now-7d", "to": "now"},
        "refresh": "5m",
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "label": "Prometheus",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "panels": panels,
    }


def _panel(widget: Widget, environment: str, problem: str | None) -> dict[str, Any]:
    if isinstance(widget, AlarmList):
        of = [("Problem", problem)] if problem else []
        mapped = {"mappings": [{"type": "value", "options": _STATES}]}
        return {
            "type": "state-timeline",
            "targets": [_target(0, selector(ALARM, labels(environment, of)), "{{alarm}}")],
            "fieldConfig": {"defaults": mapped, "overrides": []},
        }
    bounds = {"min": widget.low, "max": widget.high}
    known = {name: value for name, value in bounds.items() if value is not None}
    return {
        "type": "timeseries",
        "targets": [_drawn(one, place, environment) for place, one in enumerate(widget.series)],
        "fieldConfig": {"defaults": known, "overrides": []},
    }


def _drawn(series: WidgetSeries | SearchExpression, place: int, environment: str) -> dict[str, Any]:
    name = metric_name(series.metric, series.stat)
    if isinstance(series, WidgetSeries):
        return _target(place, selector(name, labels(environment, series.dimensions)), series.label)
    legend = f"{{{{{label_name(series.dimensions[-1])}}}}}"
    return _target(place, selector(name, labels(environment, series.fixed)), legend)


def _target(place: int, query: str, legend: str) -> dict[str, Any]:
    return {"refId": f"q{place}", "datasource": _SOURCE, "expr": query, "legendFormat": legend}
