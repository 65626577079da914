"""What lies in quarantine, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from cli.connection import Connection
from cli.deployed import deployed_problem
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.judged_batches import profile_of_batch, rejection_of_batch
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_profile import BatchProfile
from ghosteam.documents.landing import sequence
from ghosteam.documents.quarantine_note import QuarantineNote
from ghosteam.documents.rejection import Rejection
from ghosteam.errors import InvalidInput, NotFound
from ghosteam.problem.spec import Problem

Standing = Literal["open", "replayed", "discarded", "superseded"]
_LEAST = 6
"""Characters of an id that name a batch."""


@dataclass(frozen=True)
class Quarantined:
    """A batch with rows in quarantine, or refused whole. ``superseded``: its landing key holds a
    newer version of the file. ``decided``: the note is about all that lies there. ``profile`` and
    ``rejection``: None where there is none.
    """

    record: BatchRecord
    note: QuarantineNote | None
    superseded: bool
    profile: BatchProfile | None
    rejection: Rejection | None
    decided: bool

    @property
    def standing(self) -> Standing:
        """Whether there is something to do about it."""
        if self.note and self.decided:
            return self.note.decision
        return "superseded" if self.superseded else "open"

    @property
    def rules(self) -> dict[str, int]:
        """How many rows broke a rule, by rule, the most often broken first."""
        found = self.profile.broken_rules if self.profile else {}
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def to_json(self) -> dict[str, Any]:
        """What a program needs to know."""
        record, reading = self.record, self.profile.reading if self.profile else None
        return {
            "dataset": record.dataset,
            "batch_id": record.batch_id,
            "key": record.source.key,
            "landed_at": record.source.landed_at,
            "status": record.status,
            "standing": self.standing,
            "rows": record.rows,
            "quarantined_rows": record.quarantined_rows,
            "broken_rules": self.rules,
            "rejection": self.rejection.to_json() if self.rejection else None,
            "reading": asdict(reading) if reading else None,
            "replayed_at": self.note.landing_key if self.note else None,
        }


class Quarantine:
    """The quarantine of one deployed problem."""

    def __init__(self, connection: Connection, problem: str) -> None:
        self.connection, self.name = connection, problem
        client, names = connection.client, connection.names
        self.state = StateTable(client("dynamodb"), names["state_table"])
        self.ledger = BatchLedger(self.state)
        self.lake = Objects(client("s3"), names["lake_bucket"])
        self.landing = Objects(client("s3"), names["landing_bucket"])

    @cached_property
    def problem(self) -> Problem:
        """The problem as it is deployed."""
        return deployed_problem(self.connection, self.name)

    def all(self, dataset: str | None = None) -> list[Quarantined]:
        """What is, or was, to be put right, the newest first.

        Raises:
            NotFound: there is no such problem, or no such data set.
        """
        if dataset is not None and dataset not in self.problem.datasets:
            raise NotFound(
                f"{self.name!r} has no data set {dataset!r}",
                remedy=f"Known data sets: {', '.join(self.problem.datasets)}",
            )
        names = [dataset] if dataset else list(self.problem.datasets)
        found = [self._of(record) for name in names for record in self.ledger.all(self.name, name)]
        kept = [one for one in found if one is not None]
        return sorted(kept, key=lambda one: one.record.source.landed_at, reverse=True)

    def find(self, named: str) -> Quarantined:
        """The batch of an id, of the first characters of one, or the newest of a landing key.

        Raises:
            NotFound: none, or several, are called so, or nothing of it is in quarantine.
        """
        records = [
            one for name in self.problem.datasets for one in self.ledger.all(self.name, name)
        ]
        called = [one for one in records if one.source.key == named]
        called = sorted(called, key=lambda one: sequence(one.source.sequencer))[-1:] or [
            one for one in records if len(named) >= _LEAST and one.batch_id.startswith(named)
        ]
        listing = f"./ghosteam quarantine list {self.name} shows what there is"
        if len(called) != 1:
            raise NotFound(f"{len(called)} batches are called {named!r}", remedy=listing)
        found = self._of(called[0])
        if found is None:
            raise NotFound(f"Nothing of {called[0].source.key} is in quarantine", remedy=listing)
        return found

    def rows(self, profile: BatchProfile | None) -> Iterator[dict[str, Any]]:
        """The quarantined rows of the batch of a profile, as
        :class:`ghosteam.data.quarantine.QuarantinedRow` writes them.
        """
        for key in profile.quarantine if profile else ():
            for line in self.lake.get(key).decode().split("\n"):
                if line:
                    yield json.loads(line)

    def check_rows(self, found: Quarantined) -> None:
        """Raises InvalidInput for a batch of which there are no rows, only a file."""
        if not (found.profile and found.profile.quarantine):
            rejection = found.rejection
            told = rejection.message if rejection else "its rows are kept no more"
            raise InvalidInput(
                f"There are no quarantined rows of {found.record.source.key}: {told}",
                remedy=(rejection and rejection.remedy) or "Drop the corrected file at its key",
            )

    def _of(self, record: BatchRecord) -> Quarantined | None:
        if record.status not in ("validated", "rejected") or not (
            record.quarantined_rows or record.status == "rejected"
        ):
            return None
        note = self.state.find(
            self.name, state_keys.quarantine_note(record.dataset, record.batch_id)
        )
        landing = self.ledger.landing(self.name, record.dataset, record.source.key)
        newest = landing.held[0] if landing.held else None
        profile = profile_of_batch(record, self.lake)
        return Quarantined(
            record,
            note,
            superseded=newest is not None
            and newest.batch_id != record.batch_id
            and sequence(newest.sequencer) > sequence(record.source.sequencer),
            profile=profile,
            decided=note is not None and self._decides(note, record, profile),
            rejection=rejection_of_batch(record, self.lake),
        )

    def _decides(
        self, note: QuarantineNote, record: BatchRecord, profile: BatchProfile | None
    ) -> bool:
        if note.judged_as == record.judged_as:
            return True
        return record.quarantined_rows > 0 and note.covers(row["row"] for row in self.rows(profile))
