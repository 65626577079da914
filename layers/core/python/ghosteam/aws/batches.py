"""The ledger of batches: what arrived, how far it got, and which batches count.

``batch#<dataset>#<batch id>`` says what a batch is. ``object#<dataset>#<landing key>`` says which
batches a landing key holds: the newest first, down to the newest validated one, which is the one
that counts. So a rejected file never takes good data away, and rows do not vanish while their
successor is being validated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, LandedObject, Status
from ghosteam.documents.landing import Held, Landing

Order = Literal["fresh", "again", "late"]
"""Of a landing: first told, this very event once more, or a newer one counts."""

_SEQUENCER_DIGITS = 64
_IGNORED = 20


def sequence(sequencer: str) -> str:
    """A sortable form of S3's ``sequencer``: compared as text, the shorter one padded on the right
    with zeros.

    It orders the events of one key only. Source: Amazon S3 User Guide, "Event message structure".
    """
    return sequencer.upper().ljust(_SEQUENCER_DIGITS, "0")


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
            counting = next(
                (held for held in document.data.held if held.batch_id in validated), None
            )
            if counting:
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
        """Make the landing key of ``source`` hold the batch, unless a newer batch of that key
        counts already.
        """
        mine = Held(record.batch_id, source.sequencer, source.landed_at)
        outcome: Order = "fresh"

        def change(current: Landing | None) -> Landing:
            nonlocal outcome
            current = current or Landing()
            if self._newer_validated(
                record.problem, record.dataset, current.held, source.sequencer
            ):
                outcome = "late"
                return _ignoring(current, source.sequencer)
            others = [held for held in current.held if held.sequencer != source.sequencer]
            outcome = "fresh" if len(others) == len(current.held) else "again"
            held = sorted([mine, *others], key=lambda one: sequence(one.sequencer), reverse=True)
            return replace(current, held=self._needed(record.problem, record.dataset, held))

        self._state.update(record.problem, state_keys.landing(record.dataset, source.key), change)
        return outcome

    def superseded_by(self, problem: str, dataset: str, source: LandedObject) -> BatchRecord | None:
        """The batch that counts for a landing key if it is newer than ``source``, which is then
        recorded as ignored.
        """
        key = state_keys.landing(dataset, source.key)
        landing = self._state.find(problem, key)
        if landing is None:
            return None
        newer = self._newer_validated(problem, dataset, landing.held, source.sequencer)
        if newer:
            self._state.update(
                problem, key, lambda current: _ignoring(current or landing, source.sequencer)
            )
        return newer

    def _newer_validated(
        self, problem: str, dataset: str, held: Sequence[Held], sequencer: str
    ) -> BatchRecord | None:
        for one in held:
            if sequence(one.sequencer) > sequence(sequencer):
                record = self.find(problem, dataset, one.batch_id)
                if record and record.status == "validated":
                    return record
        return None

    def _needed(self, problem: str, dataset: str, held: Sequence[Held]) -> tuple[Held, ...]:
        """``held``, newest first, down to the newest that is validated; those that were rejected
        can never count.
        """
        needed = []
        for one in held:
            record = self.find(problem, dataset, one.batch_id)
            if record and record.status != "rejected":
                needed.append(one)
            if record and record.status == "validated":
                break
        return tuple(needed)

    def _update(
        self, record: BatchRecord, change: Callable[[BatchRecord | None], BatchRecord]
    ) -> BatchRecord:
        key = state_keys.batch(record.dataset, record.batch_id)
        return self._state.update(record.problem, key, change)


def _ignoring(current: Landing, sequencer: str) -> Landing:
    """``ignored`` keeps the late events of a key, the last twenty."""
    ignored = [known for known in current.ignored if known != sequencer]
    return replace(current, ignored=(*ignored, sequencer)[-_IGNORED:])
