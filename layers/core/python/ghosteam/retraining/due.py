"""What is due by the settings of a problem alone, whatever the watches find. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ghosteam.documents.coverage import Days
from ghosteam.documents.event import Event, Scalar
from ghosteam.problem.durations import format_duration
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from ghosteam.documents.run import Run


def last_run(runs: Sequence[Run]) -> Run | None:
    """The run that was started last, of those that did not fail and were not skipped."""
    counting = [run for run in runs if run.status not in ("failed", "skipped")]
    return max(counting, key=lambda run: run.started_at, default=None)


def scheduled(problem: Problem, last: Run, *, now: datetime) -> Event | None:
    """RetrainingScheduled when a run is due by ``retrain.every`` after the ``last`` one."""
    every = problem.retrain.every
    if every is None or now < last.started_at + every:
        return None
    due = last.started_at + every
    ids = {
        "every": format_duration(every),
        "last_run": last.run_id,
        "due": f"{due:%Y-%m-%d %H:%M} UTC",
    }
    return Event("RetrainingScheduled", problem.problem, ids)


def arrived(problem: Problem, last: Run, events: Days) -> Event | None:
    """OutcomesArrived when ``events`` (rows by day) have as many outcomes as
    ``retrain.new_outcomes`` asks for, of days after those that the ``last`` run learned from or was
    judged by.
    """
    asked = problem.retrain.new_outcomes
    if asked is None:
        return None
    known = f"{problem.target.matures.before(last.as_of):%Y-%m-%d}"
    came = sum(rows.labelled for day, rows in events.items() if day > known)
    if came < asked:
        return None
    ids: dict[str, Scalar] = {"outcomes": came, "last_run": last.run_id}
    return Event("OutcomesArrived", problem.problem, ids)
