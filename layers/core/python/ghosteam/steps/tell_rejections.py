"""Use case: tell people of rejected files, once a data set and hour: the first one at once, those
that follow together.

A rejection is written down before anybody is told, and forgotten after: a step that dies tells
twice, never not at all. What one turn leaves, however it ended, the next one tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from ghosteam.aws.alerts import Alerts
from ghosteam.aws.state import Document, StateTable
from ghosteam.channels.alert import Alert
from ghosteam.documents import state_keys
from ghosteam.documents.event import BusEvent
from ghosteam.documents.rejected_file import RejectedFile
from ghosteam.documents.rejection_alert import RejectionAlert
from ghosteam.documents.state_keys import EVERY_PROBLEM
from ghosteam.errors import Conflict

COLLECTED_FOR = timedelta(minutes=50)
"""With the turns between, nobody waits longer than an hour."""
EXAMPLES = 5
Waiting = Sequence[Document[RejectedFile]]


@dataclass(frozen=True)
class Telling:
    """``environment``: the name of the deployment, as commands take it."""

    state: StateTable
    alerts: Alerts
    environment: str


def note_rejection(event: BusEvent, telling: Telling, *, now: datetime) -> bool:
    """Keep what a ``BatchRejected`` event says, and tell it where nothing of its data set was told
    lately. Returns whether it was told.
    """
    detail = {name: str(value) for name, value in event["detail"].items()}
    found = RejectedFile(
        detail["problem"], detail["dataset"], detail["batch_id"], detail["key"], now
    )
    name = f"{found.problem}#{found.dataset}"
    at = state_keys.REJECTED_FILES / f"{name}#{found.batch_id}"
    telling.state.update(EVERY_PROBLEM, at, lambda known: known or found)
    try:
        telling.state.create(EVERY_PROBLEM, state_keys.REJECTION_ALERTS / name, RejectionAlert(now))
    except Conflict:
        return False
    prefix = state_keys.REJECTED_FILES / f"{name}#"
    _tell(list(telling.state.list(EVERY_PROBLEM, prefix)), telling)
    return True


def tell_rejections(telling: Telling, *, now: datetime) -> int:
    """By the clock: tell what was collected for long enough. Returns the number of messages."""
    state = telling.state
    known = {
        document.key.text.removeprefix(state_keys.REJECTION_ALERTS.text): document
        for document in state.list(EVERY_PROBLEM, state_keys.REJECTION_ALERTS)
    }
    told = 0
    for name, waiting in _by_data_set(state):
        collecting = known.pop(name, None)
        if collecting and now - collecting.data.since < COLLECTED_FOR:
            continue
        _tell(waiting, telling)
        state.put(EVERY_PROBLEM, state_keys.REJECTION_ALERTS / name, RejectionAlert(now))
        told += 1
    for collecting in known.values():
        if now - collecting.data.since >= COLLECTED_FOR:
            _forget(state, collecting)
    return told


def alert_of(rejected: Sequence[RejectedFile], environment: str) -> Alert:
    """The alert about rejected files of one data set, at least one."""
    first, count = rejected[0], len(rejected)
    number = "a file was" if count == 1 else f"{count:,} files were"
    times = sorted(one.rejected_at for one in rejected)
    when = f"at {times[0]:%Y-%m-%d %H:%M} UTC"
    if count > 1:
        when = f"from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%H:%M} UTC"
    return Alert(
        condition=f"rejected {first.problem} {first.dataset} {first.batch_id}",
        state="news",
        severity="warning",
        problem=first.problem,
        what=f"{number} rejected, data set {first.dataset}",
        details=(
            f"Of {first.problem}, data set {first.dataset}, {number} rejected {when}.",
            *(f"  {one.key}" for one in rejected[:EXAMPLES]),
            *([f"  and {count - EXAMPLES:,} more"] if count > EXAMPLES else []),
        ),
        did="The files are kept where they landed and count for nothing. What else of this data "
        "set is rejected within an hour is told together.",
        look=tuple(
            f"./ghosteam why {one.problem} batch {one.batch_id} --environment {environment}"
            for one in rejected[:EXAMPLES]
        ),
        since=times[0],
        until=None,
        at=times[-1],
    )


def _by_data_set(state: StateTable) -> Iterator[tuple[str, Waiting]]:
    """What waits, by ``<problem>#<data set>``."""

    def name(document: Document[RejectedFile]) -> str:
        return f"{document.data.problem}#{document.data.dataset}"

    waiting = list(state.list(EVERY_PROBLEM, state_keys.REJECTED_FILES))
    for found, group in groupby(sorted(waiting, key=name), name):
        yield found, list(group)


def _tell(waiting: Waiting, telling: Telling) -> None:
    if not waiting:
        return
    rejected = sorted((document.data for document in waiting), key=lambda one: one.rejected_at)
    telling.alerts.send(alert_of(rejected, telling.environment))
    for document in waiting:
        _forget(telling.state, document)


def _forget(state: StateTable, document: Document[Any]) -> None:
    try:
        state.delete(EVERY_PROBLEM, document)
    except Conflict:
        return  # somebody else did, or wrote it anew
