"""What data a run would have: what is online, what covers its windows, what is still on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import Order, Place
from ghosteam.documents.coverage import TIMELESS, DayRows, Days
from ghosteam.documents.materialized_batch import MaterializedBatch
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.readiness import Readiness
from ghosteam.features.views import views_version, windows_version
from ghosteam.problem.spec import Problem
from ghosteam.retraining.coverage import with_labelled
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness
from ghosteam.steps.covered_days import covered_days, note_covered

_ARRIVES_WITHIN = timedelta(minutes=15)
_MADE_ANEW_WITHIN = timedelta(days=1)


@dataclass(frozen=True)
class Online:
    """``batches`` that count and whose features can be read online, by data set, in landed order;
    since when, by ``<data set>/<batch id>``, where that is on record.
    """

    batches: Mapping[str, Sequence[BatchRecord]]
    available_at: Mapping[str, datetime]


def batches_online(problem: Problem, state: StateTable) -> Online:
    """What a run may be made of."""
    name, ledger = problem.problem, BatchLedger(state)
    batches, available = {}, {}
    for dataset in problem.used_datasets:
        online = {one.batch_id: one.at for one in _materialized(problem, dataset, state)}
        batches[dataset] = [
            batch for batch in ledger.active(name, dataset) if batch.batch_id in online
        ]
        for batch in batches[dataset]:
            if at := online[batch.batch_id]:
                available[f"{dataset}/{batch.batch_id}"] = at
    return Online(batches, available)


def with_replaced(
    name: str, batches: Mapping[str, Sequence[BatchRecord]], state: StateTable
) -> Online:
    """``batches`` of the problem ``name``, by data set, and among them in landed order those that
    could be read online and counted at the same landing keys before: what was there until others
    took their place.
    """
    ledger = BatchLedger(state)
    merged, available = {}, {}
    for dataset, of in batches.items():
        notes = state.list(name, state_keys.materialized_batches(dataset))
        noted = {note.data.batch_id: note.data.at for note in notes}
        counted = ledger.index(name, dataset).all()
        orders = {one.batch.batch_id: one.order for one in counted}
        taken = {place.key: place.order for one in counted for place in one.places}
        replaced = [
            batch
            for batch in ledger.all(name, dataset)
            if batch.batch_id in noted
            and batch.batch_id not in orders
            and batch not in of
            and batch.status == "validated"
            and batch.source.key in taken
            and _landed(batch) < taken[batch.source.key]
        ]
        places = {**{one.batch_id: _landed(one) for one in (*of, *replaced)}, **orders}
        merged[dataset] = sorted([*of, *replaced], key=lambda batch: places[batch.batch_id])
        for batch in merged[dataset]:
            if at := noted.get(batch.batch_id):
                available[f"{dataset}/{batch.batch_id}"] = at
    return Online(merged, available)


def _landed(batch: BatchRecord) -> Order:
    source = batch.source
    return Place(source.key, source.landed_at, source.sequencer).order


def note_materialized(
    problem: Problem,
    dataset: str,
    batch_id: str,
    *,
    view_version: str | None,
    state: StateTable,
    now: datetime,
) -> None:
    """Remember that a batch's features can be read online in views of a version, since the first
    time that they could in any, and what all such batches span: a run on batches that cannot would
    fail its parity gate.
    """
    name = problem.problem
    state.update(
        name,
        state_keys.materialized_batches(dataset) / batch_id,
        lambda known: MaterializedBatch(batch_id, known.at if known else now, view_version),
    )
    ledger = BatchLedger(state)
    batch = ledger.find(name, dataset, batch_id)
    if batch is not None and view_version == views_version(problem, dataset):
        counts = ledger.index(name, dataset).find(batch) is not None
        online = partial(_online, problem, dataset, state)
        note_covered(problem, batch, state, online, counts=counts)


def assess(problem: Problem, state: StateTable, *, as_of: datetime) -> Ready | Waiting:
    """Readiness on the active batches whose features are materialized; the answer is stored as
    ``readiness``.
    """
    covered = {dataset: _covered(problem, dataset, state) for dataset in problem.used_datasets}
    readiness = readiness_of(problem, covered, outcomes_of(problem, state), as_of=as_of)
    if isinstance(readiness, Waiting):
        told = Readiness(False, readiness.reasons)
    else:
        told = Readiness(True, gaps=readiness.gaps)
    state.put(problem.problem, state_keys.READINESS, told)
    return readiness


def _covered(problem: Problem, dataset: str, state: StateTable) -> Days:
    """Rows by day; of a static data set that says that it holds none now, when it said so."""
    online, declared = partial(_online, problem, dataset, state), problem.datasets[dataset]
    days = covered_days(problem, dataset, state, online)
    if not days and declared.static and declared.empty == "allowed":
        said = [datetime.fromisoformat(batch.source.landed_at) for batch in online()]
        return {TIMELESS: DayRows(0, 0, max(said))} if said else {}
    return days


def outcomes_of(problem: Problem, state: StateTable) -> OutcomeCounts | None:
    """How far labels and events have met; None without labels, and before any was looked at."""
    if problem.labels is None:
        return None
    return state.find(problem.problem, state_keys.OUTCOME_COUNTS / windows_version(problem))


def readiness_of(
    problem: Problem,
    covered: Mapping[str, Days],
    outcomes: OutcomeCounts | None,
    *,
    as_of: datetime,
) -> Ready | Waiting:
    """Readiness on the rows by day of each data set; ``outcomes``: see :func:`outcomes_of`."""
    events = _labelled(problem, covered[problem.events_name], outcomes)
    return assess_readiness(problem, {**covered, problem.events_name: events}, as_of=as_of)


def events_at_hand(problem: Problem, state: StateTable) -> Days:
    """Rows by day of the events whose features are online, and how many have an outcome."""
    covered = _covered(problem, problem.events_name, state)
    return _labelled(problem, covered, outcomes_of(problem, state))


def _labelled(problem: Problem, events: Days, outcomes: OutcomeCounts | None) -> Days:
    """Outcomes that come by themselves count as far as events and labels have met."""
    if problem.labels is None:
        return events
    return with_labelled(events, outcomes.days if outcomes else {})


def arriving(problem: Problem, state: StateTable, *, now: datetime) -> Iterator[str]:
    """Files that landed lately and whose features are not online yet, in words. One that takes
    longer holds nothing up. Every batch is looked at: ask when the answer is all that is missing.
    """
    name = problem.problem
    for dataset in problem.used_datasets:
        for batch in BatchLedger(state).all(name, dataset):
            young = now - datetime.fromisoformat(batch.received_at) < _ARRIVES_WITHIN
            if young and batch.status != "rejected" and not _is_online(problem, batch, state):
                yield f"{dataset} {batch.source.key.rpartition('/')[2]}"


def made_anew(problem: Problem, state: StateTable, *, now: datetime) -> Iterator[str]:
    """Batches that a changed definition makes anew and that are not online by it yet, in words. One
    that takes longer than a day from when the work on them was moved on last holds nothing up.
    """
    published = state.find(problem.problem, state_keys.PUBLISHED_DEFINITION)
    rebuild = state.find(problem.problem, state_keys.REBUILD)
    moved = [published.at] if published else []
    moved += [rebuild.moved_at] if rebuild else []
    if not any(now - at <= _MADE_ANEW_WITHIN for at in moved):
        return
    for dataset in problem.used_datasets:
        # The newest is made anew last: whoever asks for one that is not yet finds it at once.
        for batch in reversed(BatchLedger(state).active(problem.problem, dataset)):
            if not _is_online(problem, batch, state):
                yield f"{dataset} {batch.source.key.rpartition('/')[2]}"


def _online(problem: Problem, dataset: str, state: StateTable) -> list[BatchRecord]:
    online = {one.batch_id for one in _materialized(problem, dataset, state)}
    if not online:
        return []
    counted = BatchLedger(state).active(problem.problem, dataset)
    return [batch for batch in counted if batch.batch_id in online]


def _is_online(problem: Problem, batch: BatchRecord, state: StateTable) -> bool:
    key = state_keys.materialized_batches(batch.dataset) / batch.batch_id
    found = state.find(problem.problem, key)
    return found is not None and found.view_version == views_version(problem, batch.dataset)


def _materialized(problem: Problem, dataset: str, state: StateTable) -> list[MaterializedBatch]:
    version = views_version(problem, dataset)
    found = state.list(problem.problem, state_keys.materialized_batches(dataset))
    return [one.data for one in found if one.data.view_version == version]
