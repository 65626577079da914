"""Use case: a problem's turn came; judge the windows that ended since the last one for drift.

Windows lie on the grid that all watches have, so it does not matter at which hour a turn comes, or
is worked on: each window is judged once, and none is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.drift_watermark import DriftWatermark
from ghosteam.errors import Unfinished
from ghosteam.monitoring.windows import window_end_at, windows_ended_within
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.check_drift import Monitoring, check_drift

LOG_ARRIVES_WITHIN = timedelta(minutes=15)
"""After the end of a window; then its predictions are in the lake."""
MOST_WINDOWS = 60
"""That are caught up with; older ones are passed over."""


def watch_drift(
    problem: Problem, *, now: datetime, adapters: Monitoring, more: More = without_end
) -> Iterator[DriftVerdict]:
    """The verdicts on the windows that are due, oldest first; each is on record before the next.

    After an outage these are several. Nobody is told of the older ones: what lasts, the newest one
    says, once. While that is undetermined, it is looked at again in the next turn.

    Raises:
        Unfinished: the turn is over, and windows are left.
        NotFound: see :func:`~ghosteam.steps.check_drift.check_drift`.
    """
    ends = windows_due(problem, adapters.state, now)
    for end in ends:
        newest = end == ends[-1]
        tells = adapters.tells and newest
        verdict = check_drift(problem, as_of=end, adapters=replace(adapters, tells=tells))
        if not (newest and verdict.undetermined):
            adapters.state.put(problem.problem, state_keys.DRIFT_WATERMARK, DriftWatermark(end))
        yield verdict
        if not newest and not more():
            raise Unfinished("Windows wait to be judged", where={"problem": problem.problem})


def windows_due(problem: Problem, state: StateTable, now: datetime) -> list[datetime]:
    """Ends of the windows that ended since the last one that was watched, ascending; of the newest
    one alone where there was none.
    """
    length = problem.watch.window
    newest = window_end_at(now - LOG_ARRIVES_WITHIN, length=length)
    watched = state.find(problem.problem, state_keys.DRIFT_WATERMARK)
    if watched is None:
        return [newest]
    begin = max(watched.window_end, (length * MOST_WINDOWS).before(newest))
    return windows_ended_within(begin, newest, length=length)
