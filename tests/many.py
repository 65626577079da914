"""Many small problems, written as folders: what a deployment of 200 problems is counted with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
_TAIL = """\
features:
  request: [{features}]
model: {{families: [linear], trials: 1, minutes: 1}}
holdout: 7d
promote: {{metric: roc_auc, at_least: 0.5}}
"""


def name_of(number: int) -> str:
    """The name of problem ``number``."""
    return f"problem_{number:03d}"


def specification(name: str, *, features: int, labels: bool = False) -> str:
    """``problem.yaml`` of a problem whose events have so many numeric columns, each a feature, and
    with ``labels`` outcomes that come by themselves.
    """
    columns = [f"feature_{number:03d}" for number in range(features)]
    return "".join(
        (
            _HEAD.format(name=name),
            *(_COLUMN.format(name=column) for column in columns),
            _LABELS if labels else _OUTCOME,
            _TAIL.format(features=", ".join(columns)),
        )
    )


def write_problems(
    repository: Path, *, problems: int, features: int, labels: bool = False
) -> list[str]:
    """Folders of so many problems below ``repository``; returns their names."""
    names = [name_of(number) for number in range(problems)]
    for name in names:
        folder = repository / name
        folder.mkdir(parents=True)
        (folder / "problem.yaml").write_text(specification(name, features=features, labels=labels))
    return names


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
