"""A dashboard's body as CloudWatch keeps it, read into charts and lists of alarms.

Source: CloudWatch user guide, "Dashboard body structure and syntax", "Search expression syntax".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricOutputTypeDef

_SEARCH = re.compile(r"SEARCH\(\s*'(?P<what>[^']*)'\s*,\s*'(?P<stat>[^']*)'(\s*,\s*\d+)?\s*\)")
_SCHEMA = re.compile(r"\{(?P<schema>[^}]*)\}(?P<rest>.*)", re.DOTALL)
_TERM = re.compile(r"(\w+)\s*=\s*\"([^\"]*)\"")
_PERIOD = 300


@dataclass(frozen=True)
class Query:
    """One metric and its statistic; ``label``: what it is called in the chart."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str
    label: str


@dataclass(frozen=True)
class SearchQuery:
    """All metrics of a name with exactly these ``dimensions``, of which ``fixed`` have a value."""

    namespace: str
    metric: str
    dimensions: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    stat: str

    def found(self, metrics: Sequence[MetricOutputTypeDef]) -> Iterator[Query]:
        """The queries of those of ``metrics``, as ListMetrics gives them, that are meant."""
        for metric in metrics:
            pairs = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
            if pairs.keys() == set(self.dimensions) and dict(self.fixed).items() <= pairs.items():
                label = str(pairs[self.dimensions[-1]])
                yield Query(self.namespace, self.metric, tuple(pairs.items()), self.stat, label)


@dataclass(frozen=True)
class Chart:
    """A chart over time. ``low`` and ``high`` bound its axis; ``heat``: it has a row of cells for
    each of its series, of which there are many.
    """

    title: str
    queries: tuple[Query | SearchQuery, ...]
    period: int
    low: float | None
    high: float | None
    heat: bool = False


@dataclass(frozen=True)
class AlarmNames:
    """A list of alarms."""

    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """What is not drawn here, and why."""

    title: str
    text: str


Panel = Chart | AlarmNames | Note


def panels_of(body: str) -> list[Panel]:
    """The widgets of a dashboard in the order in which they are read: by row, then by column."""
    widgets = json.loads(body).get("widgets", [])
    ordered = sorted(widgets, key=lambda one: (one.get("y", 0), one.get("x", 0)))
    return [_panel(widget) for widget in ordered]


def _panel(widget: Mapping[str, Any]) -> Panel:
    properties = widget.get("properties", {})
    title = str(properties.get("title", ""))
    if widget["type"] == "alarm":
        names = (str(arn).split(":alarm:", 1)[-1] for arn in properties.get("alarms", []))
        return AlarmNames(title, tuple(names))
    if widget["type"] != "metric":
        return Note(title, f"A widget of the type {widget['type']}: look at it in CloudWatch.")
    try:
        queries = tuple(_queries(properties))
    except ValueError as error:
        return Note(title, str(error))
    axis = (properties.get("yAxis") or {}).get("left") or {}
    heat = any(isinstance(one, SearchQuery) and "Feature" in one.dimensions for one in queries)
    period = int(properties.get("period", _PERIOD))
    return Chart(title, queries, period, axis.get("min"), axis.get("max"), heat)


def _queries(properties: Mapping[str, Any]) -> Iterator[Query | SearchQuery]:
    before: list[str] = []
    for row in properties.get("metrics", []):
        options = row[-1] if row and isinstance(row[-1], dict) else {}
        if "expression" in options:
            yield search_of(str(options["expression"]))
            continue
        before = _written_out([str(one) for one in row if not isinstance(one, dict)], before)
        namespace, metric, *pairs = before
        dimensions = tuple(zip(pairs[::2], pairs[1::2], strict=True))
        stat = str(options.get("stat", properties.get("stat", "Average")))
        label = str(options.get("label", " ".join(value for _, value in dimensions) or metric))
        yield Query(namespace, metric, dimensions, stat, label)


def _written_out(row: list[str], before: list[str]) -> list[str]:
    """A row with what it takes from the row before: ``.`` is one part of it, ``...`` its begin."""
    if "..." in row:
        rest = row[row.index("...") + 1 :]
        row = [*before[: len(before) - len(rest)], *rest]
    return [before[place] if part == "." else part for place, part in enumerate(row)]


def search_of(expression: str) -> SearchQuery:
    """A search as :mod:`infra.dashboard_body` writes it. Raises ValueError for another."""
    found = _SEARCH.fullmatch(expression.strip())
    inside = _SCHEMA.fullmatch(found["what"].strip()) if found else None
    if not found or not inside:
        raise ValueError(f"CloudWatch alone draws the expression {expression}.")
    namespace, *dimensions = (part.strip().strip('"') for part in inside["schema"].split(","))
    terms = dict(_TERM.findall(inside["rest"]))
    metric = terms.pop("MetricName", "")
    if not metric or not dimensions or not terms.keys() <= set(dimensions):
        raise ValueError(f"CloudWatch alone draws the expression {expression}.")
    return SearchQuery(namespace, metric, tuple(dimensions), tuple(terms.items()), found["stat"])
