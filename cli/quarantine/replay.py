"""Put quarantined rows back: in a corrected form, or by another contract; or decide that they are
not wanted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from cli.deployed import caller
from cli.quarantine.found import Quarantine, Quarantined
from cli.quarantine.table import corrected_lines
from ghosteam.aws.bus import Bus
from ghosteam.documents import batch_events, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.quarantine_note import Decided, QuarantineNote, stretches_of
from ghosteam.errors import InvalidInput
from ghosteam.problem.hashes import DIGITS, contract_hash, reading_hash

_BETWEEN_SECONDS = 2
_ID, _CONTENT = 12, 16


@dataclass(frozen=True)
class Resubmission:
    """``landed``: whether something was put there that was not there before. ``record``: the batch
    as it was judged, None where it was not waited for long enough. ``key``: where corrected rows
    landed; None where the batch was judged again.
    """

    landed: bool
    record: BatchRecord | None
    key: str | None

    def to_json(self) -> dict[str, Any]:
        """What a program needs to know."""
        record = self.record
        return {
            "landed": self.landed,
            "key": self.key,
            "status": record.status if record else "waiting",
            "batch_id": record.batch_id if record else None,
            "rows": record.rows if record else None,
            "quarantined_rows": record.quarantined_rows if record else None,
        }


def replay_corrected(
    quarantine: Quarantine, found: Quarantined, file: Path, *, wait: float
) -> Resubmission:
    """Land the rows of a corrected file, as a file of their own: in the bucket its key follows from
    the batch and the content, so that the same file twice is landed once.

    Raises:
        InvalidInput: the file cannot be read, or is no correction of this batch.
    """
    record = found.record
    dataset = quarantine.problem.datasets[record.dataset]
    if not file.is_file():
        raise InvalidInput("There is no such file", where={"file": str(file)})
    lines = corrected_lines(file, dataset)
    content = hashlib.sha256(lines).hexdigest()[:_CONTENT]
    name = f"quarantine-{record.batch_id[:_ID]}-{content}.jsonl"
    key = f"{quarantine.name}/{record.dataset}/{name}"
    landed = not quarantine.landing.has(key)
    if landed:
        quarantine.landing.put(key, lines, content_type="application/x-ndjson")
    _note(quarantine, found, "replayed", key)

    def judged() -> BatchRecord | None:
        held = quarantine.ledger.landing(quarantine.name, record.dataset, key).held
        batches = {one.batch_id for one in held}
        for one in quarantine.ledger.all(quarantine.name, record.dataset):
            if one.batch_id in batches or one.source.key == key:
                return one if one.status in ("validated", "rejected") else None
        return None

    return Resubmission(landed, _waited(judged, wait), key)


def replay_by_contract(quarantine: Quarantine, found: Quarantined, *, wait: float) -> Resubmission:
    """Have the batch judged, and read where its columns are declared otherwise, by the definition
    that is in force.

    Raises:
        InvalidInput: it was judged by that already, or was never read.
    """
    record, problem = found.record, quarantine.problem
    published = quarantine.state.find(quarantine.name, state_keys.PUBLISHED_DEFINITION)
    code = published.code if published else ""
    contract = contract_hash(problem, record.dataset, code)[:DIGITS]
    reading = reading_hash(problem.datasets[record.dataset])[:DIGITS]
    if not record.parts:
        raise InvalidInput(
            f"{record.source.key} was refused before its rows were read: "
            f"{found.rejection.message if found.rejection else ''}",
            remedy="Drop the corrected file at its key; or, where another problem.yaml lets it "
            "in, the same file again",
        )
    if (record.judged_as, record.read_as) == (contract, reading):
        raise InvalidInput(
            f"{record.source.key} was judged by the contract that is in force",
            remedy="Change problem.yaml or contract.py and deploy, which judges it again; or "
            "correct its rows: ./ghosteam quarantine export",
        )
    bus = Bus(quarantine.connection.client("events"), quarantine.connection.names["bus_name"])
    again = record.read_as != reading
    event = (
        batch_events.read_again(record)
        if again
        else batch_events.ingested(record, record.source.key)
    )
    bus.publish(event)

    def judged() -> BatchRecord | None:
        now = quarantine.ledger.find(quarantine.name, record.dataset, record.batch_id)
        return now if now and now.judged_as == contract else None

    return Resubmission(True, _waited(judged, wait), None)


def discard(quarantine: Quarantine, found: Quarantined) -> None:
    """Note that the rows are not wanted. They stay in the lake as long as it keeps them."""
    _note(quarantine, found, "discarded", None)


def _note(quarantine: Quarantine, found: Quarantined, decision: Decided, key: str | None) -> None:
    record = found.record
    if found.note and (found.note.judged_as, found.note.decision, found.note.landing_key) == (
        record.judged_as,
        decision,
        key,
    ):
        return
    note = QuarantineNote(
        batch_id=record.batch_id,
        judged_as=record.judged_as,
        decision=decision,
        rows=stretches_of(row["row"] for row in quarantine.rows(found.profile)),
        at=datetime.now(UTC),
        by=caller(quarantine.connection),
        landing_key=key,
    )
    at = state_keys.quarantine_note(record.dataset, record.batch_id)
    quarantine.state.put(quarantine.name, at, note)


def _waited(judged: Callable[[], BatchRecord | None], seconds: float) -> BatchRecord | None:
    until = monotonic() + seconds
    while (found := judged()) is None and monotonic() + _BETWEEN_SECONDS < until:
        sleep(_BETWEEN_SECONDS)
    return found
