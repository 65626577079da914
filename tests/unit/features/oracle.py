"""What files that lie there say, in a few lines: what the data slice is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

RIDES = """
version: 1
problem: rides
task: binary
entities: {{rider: [rider]}}
event_time: starts
target: {{name: late, expr: delay > 5, known_at: event_time + 1h}}
datasets:
  rides:
    role: events
    {id}
    columns: {{rider: integer, starts: timestamp, line: string, delay: "number?"}}
  buses: {{key: [line], static: true, columns: {{line: string, seats: integer}}}}
features:
  join: [buses.seats]
  windows:
    - {{name: late_2d, by: [line], rate: late, over: 2d, min_rows: 1}}
    - {{name: rides_2d, by: [line], count: rows, over: 2d}}
"""
Row = tuple[Any, ...]
"""A ride: rider, start, line, delay; or a bus: line, seats; or weather: line, when, rain; without a
line, or seats, or rain, it is bad. Or a label: rider, start, delay, when it was told, and by whom;
with a delay that nobody told it is bad. Or a stop, a fact: its number, line, rider, when, how long
it was, who came; without a line it is bad.
"""
Counted = tuple[Row, float, datetime]
"""A ride, whether it was late, and when that was known."""
File = tuple[Row, ...]


@dataclass
class Version:
    """What S3 keeps of an object: ``file`` is None for a deletion."""

    file: File | None
    moment: int
    name: str
    removed: bool = False


def good(file: File) -> list[Row]:
    """The rows that satisfy the contract."""
    bad: dict[int, Callable[[Row], bool]] = {
        2: lambda bus: bus[1] is None,
        3: lambda weather: weather[2] is None,
        4: lambda ride: ride[2] is None,
        5: lambda label: label[2] is not None and label[3] is None,
        6: lambda stop: stop[1] is None,
    }
    return [row for row in file if not bad[len(row)](row)]


def counting(versions: Mapping[str, Sequence[Version]], dataset: str) -> list[File]:
    """The files that count, oldest first, each once."""
    landed: dict[File, int] = {}
    for key, told in versions.items():
        valid = [one for one in told if one.file is None or good(one.file)]
        runs = [list(equal) for _, equal in groupby(valid, lambda one: one.file)]
        there = [run for run in runs if not all(one.removed for one in run)]
        if key.split("/")[1] == dataset and there and (file := there[-1][0].file):
            landed[file] = max(there[-1][0].moment, landed.get(file, 0))
    return sorted(landed, key=landed.__getitem__)


def newest(
    files: Sequence[File],
    identity: Callable[[Row], Any],
    *,
    good: Callable[[File], list[Row]] = good,
) -> list[Row]:
    """Of the rows of one identity the last."""
    return list({identity(row): row for file in files for row in good(file)}.values())
