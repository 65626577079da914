"""Which joins and windows there are, before anything is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cli.propose.candidates import FeatureCandidate, LeftOut, candidates
from ghosteam.problem.load import parse_problem

TEXT = """
version: 1
problem: payments
task: binary
entities: {card: [card]}
event_time: at
target: {name: fraud, expr: back, known_at: event_time + 1d}
datasets:
  payments:
    role: events
    columns: {card: integer, at: timestamp, merchant: string, clerk: "string?", till: string,
      after: string, amount: number, back: "boolean?"}
  merchants: {key: [merchant], static: true,
    columns: {merchant: string, region: "string?", size: number}}
  regions: {key: [region], static: true, through: {region: merchants.region},
    columns: {region: string, risk: number}}
  refunds: {role: facts, key: [merchant], time: day,
    columns: {merchant: string, day: timestamp, paid: number}}
exclude: [after]
features: {request: [amount], join: [merchants.size]}
"""
DAYS = 60


@pytest.fixture(scope="module")
def offered() -> tuple[dict[str, FeatureCandidate], dict[str, str]]:
    times = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=6 * one) for one in range(4 * DAYS)]
    count = len(times)
    payments = {
        "card": range(count),
        "at": times,
        "merchant": ["a", "b"] * (count // 2),
        "clerk": ["c", None] * (count // 2),
        "till": ["t"] * count,
        "after": ["x", "y"] * (count // 2),
        "amount": [1.0] * count,
        "back": [True, False] * (count // 2),
    }
    rows = {
        "payments": pl.DataFrame(payments),
        "merchants": pl.DataFrame({"merchant": ["a"], "region": ["r"], "size": [1.0]}),
        "regions": pl.DataFrame({"region": ["r"], "risk": [0.5]}),
        "refunds": pl.DataFrame({"merchant": ["a"], "day": times[:1], "paid": [1.0]}),
    }
    found, left = candidates(parse_problem(TEXT), rows)
    assert all(isinstance(one, LeftOut) for one in left)
    return {one.name: one for one in found}, {one.name: one.why for one in left}


def test_columns_that_are_not_joined_yet_are_joins(
    offered: tuple[dict[str, FeatureCandidate], dict[str, str]],
) -> None:
    joins = [one.join for one in offered[0].values() if one.join]
    assert joins == ["merchants.region", "regions.risk"]


def test_earlier_outcomes_and_facts_are_windows(
    offered: tuple[dict[str, FeatureCandidate], dict[str, str]],
) -> None:
    windows = [one.window for one in offered[0].values() if one.window]
    assert [{**window, "name": ""} for window in windows] == [
        {"name": "", "by": ["merchant"], "rate": "fraud", "over": "7d", "min_rows": 5},
        {"name": "", "by": ["merchant"], "count": "rows", "over": "7d"},
        {"name": "", "from": "refunds", "by": ["merchant"], "count": "rows", "over": "28d"},
        {"name": "", "from": "refunds", "by": ["merchant"], "time_since": "rows", "over": "28d"},
        {
            "name": "",
            "from": "refunds",
            "by": ["merchant"],
            "mean": "paid",
            "over": "28d",
            "min_rows": 5,
        },
    ]


def test_what_has_no_history_is_left_out_and_what_is_excluded_is_not_touched(
    offered: tuple[dict[str, FeatureCandidate], dict[str, str]],
) -> None:
    assert offered[1] == {
        "windows by card": "most of its values come too rarely for a history",
        "windows by clerk": "some events have none",
        "windows by till": "all events have the same",
    }
    assert not any("after" in name for name in offered[0])
