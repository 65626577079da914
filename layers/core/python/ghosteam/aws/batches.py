"""The ledger of batches: what arrived, how far it got, and which batches count.

``batch#<dataset>#<batch id>`` says what a batch is. ``object#<dataset>#<landing key>`` says which
batches a landing key holds: the newest first, down to the newest validated one, which is the one
that counts. So a rejected file never takes good data away, and rows do not vanish while their
successor is being validated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord, Source, Status

_SEQUENCER_DIGITS = 64


@dataclass(frozen=True)
class Landing:
    """What became of a landing: ``fresh`` (first told), ``again`` (this very event once more),
    ``late`` (a newer one counts).
    """

    order: Literal["fresh", "again", "late"]


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
        document = self._state.get(problem, state_keys.batch(dataset, batch_id))
        return BatchRecord.from_document(document.data) if document else None

    def all(self, problem: str, dataset: str) -> Iterator[BatchRecord]:
        """Every batch of a data set, whatever its status."""
        for document in self._state.list(problem, state_keys.batch(dataset, "")):
            yield BatchRecord.from_document(document.data)

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
        for document in self._state.list(problem, state_keys.landed(dataset, "")):
            counting = next(
                (held for held in document.data["held"] if held["batch_id"] in validated), None
            )
            if counting:
                order = (counting["landed_at"], document.key, sequence(counting["sequencer"]))
                landed[counting["batch_id"]] = max(order, landed.get(counting["batch_id"], order))
        return [validated[batch_id] for batch_id in sorted(landed, key=landed.__getitem__)]

    def begin(self, record: BatchRecord) -> BatchRecord:
        """Record that a batch is being ingested, unless it already was. Returns what the ledger
        holds.

        A batch that was rejected begins again when it is dropped again: its contract may have been
        mended since.
        """

        def change(current: dict[str, Any] | None) -> dict[str, Any]:
            if current is None:
                return asdict(record)
            known = BatchRecord.from_document(current)
            dropped_again = known.status == "rejected" and known.source != record.source
            return (
                asdict(replace(record, received_at=known.received_at)) if dropped_again else current
            )

        return self._update(record, change)

    def advance(self, record: BatchRecord, *, until: tuple[Status, ...]) -> BatchRecord:
        """Replace a batch's record, unless its status is one of ``until`` already. Returns what the
        ledger holds.
        """
        return self._update(
            record,
            lambda current: current if current and current["status"] in until else asdict(record),
        )

    def land(self, record: BatchRecord, source: Source) -> Landing:
        """Make the landing key of ``source`` hold the batch, unless a newer batch of that key
        counts already.
        """
        mine = {
            "batch_id": record.batch_id,
            "sequencer": source.sequencer,
            "landed_at": source.landed_at,
        }
        outcome = Landing("fresh")

        def change(current: dict[str, Any] | None) -> dict[str, Any]:
            nonlocal outcome
            current = current or {"held": [], "ignored": []}
            if self._newer_validated(
                record.problem, record.dataset, current["held"], source.sequencer
            ):
                outcome = Landing("late")
                return _ignoring(current, source.sequencer)
            others = [held for held in current["held"] if held["sequencer"] != source.sequencer]
            outcome = Landing("fresh" if len(others) == len(current["held"]) else "again")
            held = sorted([mine, *others], key=lambda one: sequence(one["sequencer"]), reverse=True)
            return {**current, "held": self._needed(record.problem, record.dataset, held)}

        self._state.update(record.problem, state_keys.landed(record.dataset, source.key), change)
        return outcome

    def superseded_by(self, problem: str, dataset: str, source: Source) -> BatchRecord | None:
        """The batch that counts for a landing key if it is newer than ``source``, which is then
        recorded as ignored.
        """
        document = self._state.get(problem, state_keys.landed(dataset, source.key))
        if document is None:
            return None
        newer = self._newer_validated(problem, dataset, document.data["held"], source.sequencer)
        if newer:
            self._state.update(
                problem,
                document.key,
                lambda current: _ignoring(current or document.data, source.sequencer),
            )
        return newer

    def _newer_validated(
        self, problem: str, dataset: str, held: list[dict[str, str]], sequencer: str
    ) -> BatchRecord | None:
        for one in held:
            if sequence(one["sequencer"]) > sequence(sequencer):
                record = self.find(problem, dataset, one["batch_id"])
                if record and record.status == "validated":
                    return record
        return None

    def _needed(
        self, problem: str, dataset: str, held: list[dict[str, str]]
    ) -> list[dict[str, str]]:
        """``held``, newest first, down to the newest that is validated; those that were rejected
        can never count.
        """
        needed = []
        for one in held:
            record = self.find(problem, dataset, one["batch_id"])
            if record and record.status != "rejected":
                needed.append(one)
            if record and record.status == "validated":
                break
        return needed

    def _update(self, record: BatchRecord, change: Any) -> BatchRecord:
        document = self._state.update(
            record.problem, state_keys.batch(record.dataset, record.batch_id), change
        )
        return BatchRecord.from_document(document.data)


def _ignoring(current: dict[str, Any], sequencer: str) -> dict[str, Any]:
    """``ignored`` keeps the late events of a key, the last twenty."""
    ignored = [known for known in current["ignored"] if known != sequencer]
    return {**current, "ignored": [*ignored, sequencer][-20:]}
