"""What a problem takes where its ``problem.yaml`` is silent, and other fields of it decide."""

from __future__ import annotations

from collections.abc import Mapping

from ghosteam.problem.timeexpr import NO_TIME
from ghosteam.tasks.task import TASKS


def with_defaults(problem: Mapping[str, object]) -> dict[str, object]:
    """The fields as they are written, and the hold-out and the metric where none is named."""
    return {**_holdout(problem), **problem, **_promote(problem)}


def _holdout(problem: Mapping[str, object]) -> dict[str, object]:
    """A fifth of the events, where they have no time."""
    return {"holdout": "20%"} if problem.get("event_time") == NO_TIME else {}


def _promote(problem: Mapping[str, object]) -> dict[str, object]:
    """The gates with the task's own metric; none where something else is wrong with them."""
    task, promote = problem.get("task"), problem.get("promote", {})
    if not isinstance(task, str) or task not in TASKS.names or not isinstance(promote, Mapping):
        return {}
    return {"promote": {"metric": TASKS.find(task).metric, **promote}}
