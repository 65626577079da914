"""Rows that land, and who hears of it, for tests of what is made of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from ghosteam.features.online import Written
from ghosteam.problem.spec import Problem
from ghosteam.steps.online_features import read_online

TIME = pl.Datetime("us", "UTC")
START = datetime(2024, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENTS = {
    "trip": pl.Int64,
    "start": TIME,
    "line": pl.String,
    "stop": pl.String,
    "bus": pl.String,
    "delay": pl.Float64,
}
WEATHER = {"stop": pl.String, "hour": TIME, "temp": pl.Float64, "sky": pl.String}
BUSES = {"bus": pl.String, "seats": pl.Int64}
Land = Callable[..., None]
Follow = Callable[..., Written]
Materialize = Callable[[str, str], Written]


class Events:
    """An EventBridge client that keeps what it gets."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.seen += [(entry["DetailType"], json.loads(entry["Detail"])) for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in Entries]}


def trips_of(*days: int, late: bool = False, first: int = 0) -> pl.DataFrame:
    """Two trips of line 7 a day, at noon; ``late`` makes all of them late, else one of two is."""
    rows = [
        (
            first + 10 * day + i,
            START + (day - 1) * DAY + 12 * HOUR,
            "7",
            "A",
            "b1",
            10.0 if late or i else 1.0,
        )
        for day in days
        for i in range(2)
    ]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def rate(dynamodb: Any, trips: Problem, day: int) -> Any:
    [row] = read_online(dynamodb, trips, "on", [{"line": "7"}], [START + (day - 1) * DAY + HOUR])
    return row.features["line_late_2d"]
