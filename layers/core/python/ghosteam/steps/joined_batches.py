"""Which batches of events, and of labels, online rows are made of.

With labels, an online row follows from an event's row and its label together. Both may be withdrawn
at once; whichever is looked at first must still see the other, though it counts no more. So a batch
is on record from before its rows are first joined until they are gone from online.
"""

from __future__ import annotations

from dataclasses import dataclass

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.joined import Joined
from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class JoinedBatches:
    """Of one data set: batches that count (``active``), in landed order, and others whose rows may
    stand online (``former``).
    """

    active: list[BatchRecord]
    former: list[BatchRecord]

    @property
    def all(self) -> list[BatchRecord]:
        """Both."""
        return [*self.active, *self.former]


def joined_batches(
    problem: Problem, dataset: str, batch: BatchRecord, state: StateTable
) -> JoinedBatches:
    """Those of a data set, of events or of labels, before the work on ``batch``."""
    ledger, name = BatchLedger(state), problem.problem
    active = ledger.active(name, dataset)
    former = {} if dataset != batch.dataset else {batch.batch_id: batch}
    if problem.labels is not None:
        known = {one.data.batch_id for one in state.list(name, state_keys.joined(dataset))}
        for one in active:
            if one.batch_id not in known:
                state.put(name, state_keys.joined(dataset) / one.batch_id, Joined(one.batch_id))
        for batch_id in sorted(known):
            if found := ledger.find(name, dataset, batch_id):
                former.setdefault(batch_id, found)
    for one in active:
        former.pop(one.batch_id, None)
    return JoinedBatches(active, list(former.values()))


def forget_joined(
    problem: Problem, batch: BatchRecord, batches: JoinedBatches, state: StateTable
) -> None:
    """After the work on ``batch``: nothing online is of it when it counted no more."""
    key = state_keys.joined(batch.dataset) / batch.batch_id
    if batch.batch_id not in {one.batch_id for one in batches.active} and (
        document := state.get(problem.problem, key)
    ):
        state.delete(problem.problem, document)
