"""The online table, and where the rows of a view stand in it."""

from __future__ import annotations

from typing import Any

from ghosteam.features.online import OnlineView
from ghosteam.features.views import online_table, views_of
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window


def create_online_table(dynamodb: Any, prefix: str) -> str:
    """An empty table; returns its name."""
    name = online_table(prefix)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "entity_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "entity_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def place_of(prefix: str, problem: Problem, view: str) -> OnlineView:
    """Where the rows of the problem's view of that name stand."""
    [found] = [one for one in views_of(problem) if one.name == view]
    return OnlineView.of(prefix, problem.problem, found)


def with_short_windows(problem: Problem, *by: str) -> Problem:
    """The problem with means over half an hour, two hours and a day; that over a day shares its
    rows with windows that have the same keys.
    """
    of, over = problem.target.name, ["30m", "2h", "1d"]
    told = {"name": "soon", "by": by, "mean": of, "over": over, "min_rows": 1}
    windows = *problem.features.windows, Window.model_validate(told)
    features = problem.features.model_copy(
        update={"windows": windows, "windows_online": "together"}
    )
    return problem.model_copy(update={"features": features})
