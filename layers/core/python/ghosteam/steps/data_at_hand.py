"""What data a run would have: what is online, what covers its windows, what is still on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.outcomes import Outcomes
from ghosteam.documents.readiness import Materialized, Readiness
from ghosteam.features.lake_parts import span_of
from ghosteam.problem.spec import Problem
from ghosteam.retraining.readiness import DAY, Labelled, Ready, Waiting, assess_readiness

_ARRIVES_WITHIN = timedelta(minutes=15)


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
    name, ledger = problem.problem, BatchLedger(state)
    batches = {}
    for dataset in problem.used_datasets:
        online = _online(state, name, dataset)
        batches[dataset] = [
            batch for batch in ledger.active(name, dataset) if batch.batch_id in online
        ]
    readiness = readiness_of(problem, batches, state, as_of=as_of)
    waiting = readiness.reasons if isinstance(readiness, Waiting) else ()
    state.put(name, state_keys.READINESS, Readiness(not waiting, waiting))
    return readiness


def readiness_of(
    problem: Problem,
    batches: Mapping[str, Sequence[BatchRecord]],
    state: StateTable,
    *,
    as_of: datetime,
) -> Ready | Waiting:
    """Readiness on ``batches``, by data set."""
    if problem.labels is None:
        labelled = _labelled_batches(batches[problem.events_name])
    else:
        labelled = _labelled_days(state.find(problem.problem, state_keys.OUTCOMES))
    return assess_readiness(
        problem,
        {dataset: [span_of(batch) for batch in found] for dataset, found in batches.items()},
        as_of=as_of,
        labelled=labelled,
    )


def _labelled_batches(batches: Sequence[BatchRecord]) -> list[Labelled]:
    """Where outcomes come with their events; none when nobody counted them."""
    counted = [
        (span, batch.labelled_rows)
        for batch in batches
        if (span := span_of(batch)) and batch.labelled_rows is not None
    ]
    return counted if all(batch.labelled_rows is not None for batch in batches) else []


def _labelled_days(outcomes: Outcomes | None) -> list[Labelled]:
    """Where outcomes come by themselves, as far as events and labels have met."""
    found = outcomes.days if outcomes else {}
    days = {datetime.fromisoformat(day).replace(tzinfo=UTC): rows for day, rows in found.items()}
    return [((day, day + DAY - timedelta(microseconds=1)), rows) for day, rows in days.items()]


def arriving(problem: Problem, state: StateTable, *, now: datetime) -> Iterator[str]:
    """Files that landed lately and whose features are not online yet, in words. One that takes
    longer holds nothing up.
    """
    for dataset in problem.used_datasets:
        online = _online(state, problem.problem, dataset)
        for batch in BatchLedger(state).all(problem.problem, dataset):
            young = now - datetime.fromisoformat(batch.received_at) < _ARRIVES_WITHIN
            if young and batch.status != "rejected" and batch.batch_id not in online:
                yield f"{dataset} {batch.source.key.rpartition('/')[2]}"


def _online(state: StateTable, problem: str, dataset: str) -> set[str]:
    return {
        document.data.batch_id for document in state.list(problem, state_keys.materialized(dataset))
    }
