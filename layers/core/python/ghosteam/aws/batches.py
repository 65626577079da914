"""The ledger of batches: what arrived, how far it got, and which batches count.

``batch#<dataset>#<batch id>`` says what a batch is. ``object#<dataset>#<landing key>`` says which
versions a landing key holds, see :class:`ghosteam.documents.landing.Landing`. What counts follows
from the versions and from which batches are validated, in whatever order both became known: a
rejected file never takes good data away, and rows do not vanish while their successor is being
validated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject, Status
from ghosteam.documents.landing import Held, Landing, Settled, sequence

Order = Literal["changed", "unchanged", "again", "late"]
"""What an event about a key did: it changed what counts there, or not; this very event was told
before; nothing depends on it any more.
"""


class BatchLedger:
    """Reads and writes batch and object documents of the state table."""

    def __init__(self, state: StateTable) -> None:
        self._state = state

    def find(self, problem: str, dataset: str, batch_id: str) -> BatchRecord | None:
        """The batch, or None."""
        return self._state.find(problem, state_keys.batch(dataset, batch_id))

    def all(self, problem: str, dataset: str) -> Iterator[BatchRecord]:
        """Every batch of a data set, whatever its status."""
        for document in self._state.list(problem, state_keys.batches(dataset)):
            yield document.data

    def active(self, problem: str, dataset: str) -> list[BatchRecord]:
        """The batches whose rows count, in the order in which they landed; each once, at its latest
        landing.

        Events tell the second of a landing; within it the keys' names give the order, and within a
        key S3's sequencer.
        """
        validated = {
            record.batch_id: record
            for record in self.all(problem, dataset)
            if record.status == "validated"
        }
        landed: dict[str, tuple[str, str, str]] = {}
        for document in self._state.list(problem, state_keys.landings(dataset)):
            counting = document.data.counting(validated.__contains__)
            if counting and counting.batch_id:
                order = (counting.landed_at, document.key.text, sequence(counting.sequencer))
                landed[counting.batch_id] = max(order, landed.get(counting.batch_id, order))
        return [validated[batch_id] for batch_id in sorted(landed, key=landed.__getitem__)]

    def begin(self, record: BatchRecord) -> BatchRecord:
        """Record that a batch is being ingested, unless it already was. Returns what the ledger
        holds.

        A batch that was rejected begins again when it is dropped again: its contract may have been
        mended since.
        """

        def change(known: BatchRecord | None) -> BatchRecord:
            if known is None:
                return record
            dropped_again = known.status == "rejected" and known.source != record.source
            return replace(record, received_at=known.received_at) if dropped_again else known

        return self._update(record, change)

    def advance(self, record: BatchRecord, *, until: tuple[Status, ...]) -> BatchRecord:
        """Replace a batch's record, unless its status is one of ``until`` already. Returns what the
        ledger holds.
        """
        return self._update(
            record, lambda known: known if known and known.status in until else record
        )

    def land(self, record: BatchRecord, source: LandedObject) -> Order:
        """Make the landing key of ``source`` hold the batch as its version."""
        version = Held(record.batch_id, source.sequencer, source.landed_at, source.version_id)
        return self._add(record.problem, record.dataset, source.key, version)

    def delete(self, problem: str, dataset: str, source: LandedObject) -> Order:
        """The object at the key of ``source`` was deleted, which the event counts as a version."""
        version = Held(None, source.sequencer, source.landed_at, source.version_id)
        return self._add(problem, dataset, source.key, version)

    def remove(self, problem: str, dataset: str, source: LandedObject) -> Order:
        """The version that ``source`` names was deleted for good: what was before it, if anything,
        is the object again.
        """
        version_id = str(source.version_id)

        def change(current: Landing) -> tuple[Landing, bool]:
            return current.without_version(version_id), version_id in current.removed

        return self._change(problem, dataset, source.key, change)

    def is_late(self, problem: str, dataset: str, source: LandedObject) -> bool:
        """Whether nothing depends on the version ``source`` of a landing object: it was deleted for
        good, or is older than what is remembered; it is then recorded as ignored.
        """
        landing = self.landing(problem, dataset, source.key)
        late = source.version_id in landing.removed or landing.is_late(
            source.sequencer, self.validated(problem, dataset)
        )
        if late:
            key = state_keys.landing(dataset, source.key)
            self._state.update(
                problem, key, lambda current: (current or landing).ignoring(source.sequencer)
            )
        return late

    def landing(self, problem: str, dataset: str, key: str) -> Landing:
        """What a landing key holds."""
        return self._state.find(problem, state_keys.landing(dataset, key)) or Landing()

    def drop(self, problem: str, dataset: str, key: str, versions: Sequence[Held]) -> None:
        """Forget versions of a landing key that can count no more."""
        if versions:
            self._state.update(
                problem,
                state_keys.landing(dataset, key),
                lambda current: (current or Landing()).dropping(versions),
            )

    def validated(self, problem: str, dataset: str) -> Settled:
        """Whether a batch is validated, as the ledger says when it is first asked."""

        @cache
        def validated(batch_id: str) -> bool:
            record = self.find(problem, dataset, batch_id)
            return record is not None and record.status == "validated"

        return validated

    def _add(self, problem: str, dataset: str, key: str, version: Held) -> Order:
        def change(current: Landing) -> tuple[Landing, bool]:
            again = any(one.sequencer == version.sequencer for one in current.held)
            return current.with_version(version), again

        return self._change(problem, dataset, key, change, sequencer=version.sequencer)

    def _change(
        self,
        problem: str,
        dataset: str,
        key: str,
        change: Callable[[Landing], tuple[Landing, bool]],
        *,
        sequencer: str | None = None,
    ) -> Order:
        """``change`` gives the new form and whether the old one knew of it already."""
        order: Order = "unchanged"

        def changed(current: Landing | None) -> Landing:
            nonlocal order
            current, validated = current or Landing(), self.validated(problem, dataset)
            if sequencer is not None and current.is_late(sequencer, validated):
                order = "late"
                return current.ignoring(sequencer)
            new, again = change(current)
            same = new.counting(validated) == current.counting(validated)
            order = "again" if again else "unchanged" if same else "changed"
            return new

        self._state.update(problem, state_keys.landing(dataset, key), changed)
        return order

    def _update(
        self, record: BatchRecord, change: Callable[[BatchRecord | None], BatchRecord]
    ) -> BatchRecord:
        key = state_keys.batch(record.dataset, record.batch_id)
        return self._state.update(record.problem, key, change)
