"""How long after a failure a run is tried again, and which decisions have waited long enough.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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


def failures_in_a_row(runs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest runs that failed, back to the last that did not, newest first. Runs at work and
    skipped ones say nothing.
    """
    over = [run for run in runs if run["finished_at"] and run["status"] != "skipped"]
    failed = []
    for run in sorted(over, key=lambda run: str(run["finished_at"]), reverse=True):
        if run["status"] != "failed":
            break
        failed.append(run)
    return failed


def blocked_until(runs: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Until when the failures so far hold back every run that no person asks for; None when the
    last one did not fail.
    """
    failed = failures_in_a_row(runs)
    if not failed:
        return None
    return datetime.fromisoformat(failed[0]["finished_at"]) + wait_after(len(failed))


def due_retries(
    waiting: Sequence[Mapping[str, Any]], *, holder: str | None, now: datetime
) -> list[Mapping[str, Any]]:
    """The ``waiting#`` documents that can be decided again, longest waiting first: what they waited
    for is over, and their time has come. ``holder``: id of the run that holds the lease.
    """
    due = [
        document
        for document in waiting
        if not (document["for_run"] and document["for_run"] == holder)
        and (
            document["not_before"] is None or datetime.fromisoformat(document["not_before"]) <= now
        )
    ]
    return sorted(due, key=lambda document: str(document["since"]))
