"""What data a run would have: what is online, what covers its windows, what is still on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.readiness import Materialized, Readiness
from ghosteam.features.lake_parts import span_of
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import Ready, Waiting, assess_readiness

_ARRIVES_WITHIN = timedelta(minutes=15)


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
    for dataset in _datasets(problem):
        online = {one.batch_id: one.at for one in _materialized(state, name, dataset)}
        batches[dataset] = [
            batch for batch in ledger.active(name, dataset) if batch.batch_id in online
        ]
        for batch in batches[dataset]:
            if at := online[batch.batch_id]:
                available[f"{dataset}/{batch.batch_id}"] = at
    return Online(batches, available)


def note_materialized(
    state: StateTable, problem: str, dataset: str, batch_id: str, *, now: datetime
) -> None:
    """Remember that a batch's features can be read online: a run on batches that cannot would fail
    its parity gate.
    """
    state.update(
        problem,
        state_keys.materialized(dataset) / batch_id,
        lambda current: current or Materialized(batch_id, now),
    )


def assess(problem: Problem, state: StateTable, *, as_of: datetime) -> Ready | Waiting:
    """Readiness on the active batches whose features are materialised; the answer is stored as
    ``readiness``.
    """
    readiness = readiness_of(problem, batches_online(problem, state).batches, as_of=as_of)
    waiting = readiness.reasons if isinstance(readiness, Waiting) else ()
    state.put(problem.problem, state_keys.READINESS, Readiness(not waiting, waiting))
    return readiness


def readiness_of(
    problem: Problem, batches: Mapping[str, Sequence[BatchRecord]], *, as_of: datetime
) -> Ready | Waiting:
    """Readiness on ``batches``, by data set."""
    counted = batches[problem.events_name]
    return assess_readiness(
        problem,
        {dataset: [span_of(batch) for batch in found] for dataset, found in batches.items()},
        as_of=as_of,
        labelled=[
            (span, batch.labelled_rows)
            for batch in counted
            if (span := span_of(batch)) and batch.labelled_rows is not None
        ]
        if all(batch.labelled_rows is not None for batch in counted)
        else (),
    )


def arriving(problem: Problem, state: StateTable, *, now: datetime) -> Iterator[str]:
    """Files that landed lately and whose features are not online yet, in words. One that takes
    longer holds nothing up.
    """
    for dataset in _datasets(problem):
        online = _online(state, problem.problem, dataset)
        for batch in BatchLedger(state).all(problem.problem, dataset):
            young = now - datetime.fromisoformat(batch.received_at) < _ARRIVES_WITHIN
            if young and batch.status != "rejected" and batch.batch_id not in online:
                yield f"{dataset} {batch.source.key.rpartition('/')[2]}"


def _datasets(problem: Problem) -> tuple[str, ...]:
    return (problem.events_name, *problem.joined_datasets)


def _online(state: StateTable, problem: str, dataset: str) -> set[str]:
    return {one.batch_id for one in _materialized(state, problem, dataset)}


def _materialized(state: StateTable, problem: str, dataset: str) -> list[Materialized]:
    return [document.data for document in state.list(problem, state_keys.materialized(dataset))]
