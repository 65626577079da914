"""Occasions to retrain that wait to be decided again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ghosteam.aws.retraining_lease import lease_holder
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.occasion import Occasion
from ghosteam.documents.waiting_occasion import WaitingOccasion
from ghosteam.retraining.backoff import due_retries
from ghosteam.retraining.policy import Skip, Start, Wait


def due(state: StateTable, problem: str, *, now: datetime) -> list[WaitingOccasion]:
    """What has waited long enough."""
    waiting = (document.data for document in state.list(problem, state_keys.WAITING_OCCASIONS))
    return due_retries(waiting, holder=lease_holder(state, problem, now=now), now=now)


def remember_waiting(
    state: StateTable,
    name: str,
    occasion_id: str,
    occasion: Occasion,
    answer: Start | Skip | Wait,
    *,
    since: datetime | None,
    now: datetime,
) -> None:
    """Keep an occasion that has to wait, and forget one that need not; ``since``: from when it has
    waited.
    """
    if not isinstance(answer, Wait):
        no_longer_waiting(state, name, occasion_id)
        return
    waiting = WaitingOccasion(
        occasion_id=occasion_id,
        occasion=occasion,
        reason=answer.reason,
        since=since or now,
        for_run=answer.for_run,
        not_before=answer.not_before,
    )
    state.put(name, state_keys.WAITING_OCCASIONS / occasion_id, waiting)


def no_longer_waiting(state: StateTable, name: str, occasion_id: str) -> None:
    """Forget an occasion."""
    if found := state.get(name, state_keys.WAITING_OCCASIONS / occasion_id):
        state.delete(name, found)


def note_successor(state: StateTable, name: str, occasion_id: str, successor: str) -> None:
    """Say in the decision on an occasion that another one has taken its place."""
    reason = f"decided again with newer data, as {successor}"
    state.amend(
        name,
        state_keys.DECISIONS / occasion_id,
        lambda known: replace(known, decision="skip", reason=reason),
    )
