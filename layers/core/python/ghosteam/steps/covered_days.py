"""Rows by day of the batches that are online, kept up to date as batches come online and cease to
count.

What a batch adds is written together with the sum: a step that dies or is repeated counts nothing
twice, and a batch is taken out as it was added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import Replacement, StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.backfill import Backfill
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.coverage import Coverage, DayRows, Days, by_month
from ghosteam.errors import Conflict
from ghosteam.features.views import views_version
from ghosteam.problem.spec import Problem
from ghosteam.retraining.coverage import assumed_days, exchanged, together

_ATTEMPTS = 8
Online = Callable[[], Iterable[BatchRecord]]
"""The batches of a data set that count and are online."""


def days_of(batches: Iterable[BatchRecord], ledger: BatchLedger) -> dict[str, DayRows]:
    """Rows by day of batches of one data set, from what is on record of each."""
    known = list(batches)
    if not known:
        return {}
    counted = ledger.rows_by_day(known[0].problem, known[0].dataset)
    return together(counted.get((one.batch_id, one.revision), assumed_days(one)) for one in known)


def covered_days(
    problem: Problem, dataset: str, state: StateTable, online: Online
) -> dict[str, DayRows]:
    """Rows by day of the batches that are online."""
    name, version = problem.problem, views_version(problem, dataset)
    if state.find(name, state_keys.coverage_backfill(dataset, version)) is None:
        return days_of(online(), BatchLedger(state))
    months = state.list(name, state_keys.coverage(dataset, version))
    return {day: rows for month in months for day, rows in month.data.days.items()}


def note_covered(
    problem: Problem, batch: BatchRecord, state: StateTable, online: Online, *, counts: bool
) -> None:
    """Keep that a batch which is online counts, or does so no longer."""
    name, version = problem.problem, views_version(problem, batch.dataset)
    kept = state_keys.coverage_backfill(batch.dataset, version)
    if state.find(name, kept) is None:
        for one in online():
            _keep(name, version, one, state, counts=True)
        state.put(name, kept, Backfill(batch.dataset))
    _keep(name, version, batch, state, counts=counts)


def _keep(
    problem: str, version: str | None, batch: BatchRecord, state: StateTable, *, counts: bool
) -> None:
    rows: Days = {}
    if counts:
        counted = BatchLedger(state).rows_by_day(problem, batch.dataset, batch.batch_id)
        rows = counted.get((batch.batch_id, batch.revision), assumed_days(batch))
    months, own = by_month(rows), state_keys.batch_coverage(batch.dataset, version, batch.batch_id)
    before = [one.key.text.removeprefix(own.text) for one in state.list(problem, own)]
    for month in dict.fromkeys((*before, *months)):
        _exchange(
            problem,
            state,
            own=own / month,
            all_batches=state_keys.coverage(batch.dataset, version) / month,
            rows=months.get(month, {}),
        )


def _exchange(
    problem: str,
    state: StateTable,
    *,
    own: state_keys.Key[Coverage],
    all_batches: state_keys.Key[Coverage],
    rows: Days,
) -> None:
    """Make ``rows`` what a month holds of a batch."""
    for _ in range(_ATTEMPTS):
        part = state.get(problem, own)
        old = part.data.days if part else {}
        if old == rows:
            return
        whole = state.get(problem, all_batches)
        days = exchanged(whole.data.days if whole else {}, old, rows)
        try:
            state.replace_together(
                problem,
                Replacement(own, part, Coverage(rows)),
                Replacement(all_batches, whole, Coverage(days)),
            )
        except Conflict:
            continue
        return
    raise Conflict(
        "The rows by day keep changing",
        where={"problem": problem, "key": all_batches.text},
        remedy="Try again later",
    )
