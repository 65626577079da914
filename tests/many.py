"""Many small problems, written as folders: what a deployment of 200 problems is counted with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ghosteam.data.expectations import suite_path

EVENTS = "events"
_HEAD = """\
version: 1
problem: {name}
task: binary
entities: {{thing: [thing]}}
event_time: at
target: {{name: bad, expr: outcome, known_at: event_time + 1d}}
datasets:
  events:
    role: events
    id: [number]
    columns:
      number: {{type: integer, min: 0, example: 1}}
      thing: {{type: string, example: a}}
      at: {{type: timestamp, example: "2026-01-01T00:00:00Z"}}
"""
_COLUMN = "      {name}: {{type: number, min: 0, max: 1000, example: 1.5}}\n"
_OUTCOME = """\
      outcome: {type: boolean, nullable: true, example: true}
exclude: [outcome]
"""
_LABELS = """\
  outcomes:
    role: labels
    of: events
    columns: {number: integer, outcome: "boolean?"}
"""
_LOOKED_UP = """\
  things:
    key: [thing]
    time: since
    every: 1d
    columns:
      thing: string
      since: timestamp
"""
ROW_COUNT = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
SUITE = {
    "name": "any",
    "expectations": [
        ROW_COUNT,
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "feature_000", "max_value": 100},
        },
    ],
}
"""Of Great Expectations, for the events: it asks more of a feature than their contract."""
_SOURCES = """\
sources:
  api:
    kind: http
    dataset: events
    every: 1h
    url: https://api.example.com/v1/{name}
    cursor: {{field: at, parameter: since, start: 2026-01-01T00:00:00Z}}
    header: {{name: X-Api-Key, secret: ghosteam/{name}/api}}
  scans: {{kind: stream, dataset: events}}
"""
_TAIL = """\
features:
  request: [{features}]
  join: [{joined}]
  windows: [{windows}]
model: {{families: [linear], trials: 1, minutes: 1}}
holdout: 7d
promote: {{metric: roc_auc, at_least: 0.5}}
"""


def name_of(number: int) -> str:
    """The name of problem ``number``."""
    return f"problem_{number:03d}"


@dataclass(frozen=True)
class Features:
    """So many numeric columns of the events, each a feature; so many ``joined`` of a data set that
    changes by days, and ``windows`` over the events; with ``labels`` outcomes come by themselves,
    with ``suite`` one of Great Expectations looks at the events, and with ``sources`` an API is
    pulled for them and a stream brings them.
    """

    request: int
    joined: int = 0
    windows: int = 0
    labels: bool = False
    suite: bool = False
    sources: bool = False


def specification(name: str, features: Features) -> str:
    """``problem.yaml`` of a problem with these features."""
    columns = [f"feature_{number:03d}" for number in range(features.request)]
    joined = [f"told_{number:03d}" for number in range(features.joined)]
    windows = [
        f"{{name: window_{number:03d}, by: [thing], mean: {columns[number]}, over: {number + 1}d}}"
        for number in range(features.windows)
    ]
    return "".join(
        (
            _HEAD.format(name=name),
            *(_COLUMN.format(name=column) for column in columns),
            _LABELS if features.labels else _OUTCOME,
            *((_LOOKED_UP,) if joined else ()),
            *(_COLUMN.format(name=column) for column in joined),
            _TAIL.format(
                features=", ".join(columns),
                joined=", ".join(f"things.{column}" for column in joined),
                windows=", ".join(windows),
            ),
            _SOURCES.format(name=name) if features.sources else "",
        )
    )


def write_problems(repository: Path, *, problems: int, features: Features) -> list[str]:
    """Folders of so many problems below ``repository``; returns their names."""
    names = [name_of(number) for number in range(problems)]
    for name in names:
        folder = repository / name
        folder.mkdir(parents=True)
        (folder / "problem.yaml").write_text(specification(name, features))
        if features.suite:
            write_suite(folder, EVENTS, SUITE)
    return names


def write_suite(folder: Path, dataset: str, suite: object) -> None:
    """Let a suite look at a data set of the problem in ``folder``."""
    path = suite_path(folder, dataset)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(suite))


def csv_of(features: int, *, rows: Iterable[int]) -> bytes:
    """A file of such a problem's events, with these numbers."""
    columns = [f"feature_{number:03d}" for number in range(features)]
    lines = [",".join(("number", "thing", "at", "outcome", *columns))]
    for number in rows:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        values = [str(number % 10 + place / 10) for place in range(features)]
        lines.append(
            ",".join((str(number), f"t{number % 5}", at.isoformat(), str(number % 2 == 0).lower()))
            + "".join(f",{value}" for value in values)
        )
    return ("\n".join(lines) + "\n").encode()
