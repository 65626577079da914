"""How long after a failure a run is tried again, and which decisions have waited long enough.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ghosteam.documents.run import Run
    from ghosteam.documents.waiting_occasion import WaitingOccasion

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(days=1)
MAX_ATTEMPTS = 6
"""So often a run is tried for one occasion; with the waits between them that is more than seven
hours.
"""


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: doubled with each, at most a day."""
    doublings = min(max(failures - 1, 0), 32)
    return min(FIRST_WAIT * int(2**doublings), LONGEST_WAIT)


def failures_in_a_row(runs: Iterable[Run]) -> list[Run]:
    """The newest runs that failed, back to the last that did not, newest first. Runs at work and
    skipped ones say nothing.
    """
    over = [(run.finished_at, run) for run in runs if run.finished_at and run.status != "skipped"]
    failed = []
    for _, run in sorted(over, key=lambda one: one[0], reverse=True):
        if run.status != "failed":
            break
        failed.append(run)
    return failed


def blocked_until(runs: Iterable[Run]) -> datetime | None:
    """Until when the failures so far hold back every run that no person asks for; None when the
    last one did not fail.
    """
    failed = failures_in_a_row(runs)
    if not failed or failed[0].finished_at is None:
        return None
    return failed[0].finished_at + wait_after(len(failed))


def due_retries(
    waiting: Iterable[WaitingOccasion], *, holder: str | None, now: datetime
) -> list[WaitingOccasion]:
    """The occasions that can be decided again, longest waiting first: what they waited
    for is over, and their time has come. ``holder``: id of the run that holds the lease.
    """
    due = [
        one
        for one in waiting
        if not (one.for_run and one.for_run == holder)
        and (one.not_before is None or one.not_before <= now)
    ]
    return sorted(due, key=lambda one: one.since)
