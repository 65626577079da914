"""The data slice's AWS: buckets, table and bus in moto, and the two use cases wired to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.steps.ingest_file import Ingest, ingest_file
from ghosteam.steps.validate_batch import Validation, validate_batch
from ghosteam.steps.withdraw_file import withdraw_file
from tests.accounts import create_state_table
from tests.builders import REPOSITORY, flights_problem, s3_deletion, s3_event

NOW = datetime(2013, 4, 1, 0, 6, tzinfo=UTC)
# One session for all: loading the service descriptions takes longer than the tests.
SESSION = boto3.Session("testing", "testing", region_name="us-east-1")


class Killed(BaseException):
    """The process ends here: nothing may catch it."""


@dataclass
class Kill:
    """Ends the process instead of the call number ``at`` of those that change something; None never
    does.
    """

    at: int | None = None
    calls: int = 0

    def step(self) -> None:
        if self.calls == self.at:
            raise Killed
        self.calls += 1


class RecordingBus(Bus):
    """Keeps what is published."""

    def __init__(self, kill: Kill) -> None:
        super().__init__(None, "recording")
        self._kill = kill
        self.events: list[Event] = []

    def publish_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self._kill.step()
            self.events.append(event)


class KillableObjects(Objects):
    """A bucket whose writes may be the last thing that the process does."""

    kill = Kill()

    def put(self, *args: Any, **kwargs: Any) -> None:
        self.kill.step()
        super().put(*args, **kwargs)


class KillableState(StateTable):
    """A table whose writes may be the last thing that the process does."""

    kill = Kill()

    def _put(self, *args: Any, **kwargs: Any) -> Any:
        self.kill.step()
        return super()._put(*args, **kwargs)


class World:
    """One account of the data slice."""

    def __init__(self, *, part_rows: int = 1000, max_file_bytes: int = 1_000_000) -> None:
        self.s3 = SESSION.client("s3")
        dynamodb = SESSION.client("dynamodb")
        for bucket in ("landing", "lake"):
            self.s3.create_bucket(Bucket=bucket)
        self.s3.put_bucket_versioning(
            Bucket="landing", VersioningConfiguration={"Status": "Enabled"}
        )
        create_state_table(dynamodb)
        self.kill = Kill()
        self.bus = RecordingBus(self.kill)
        self.lake = KillableObjects(self.s3, "lake")
        self.state = KillableState(dynamodb, "state")
        self.lake.kill = self.state.kill = self.kill
        self.ledger = BatchLedger(self.state)
        problems = {"flights": flights_problem()}
        self.ingest = Ingest(
            Objects(self.s3, "landing"),
            self.lake,
            self.ledger,
            self.bus,
            problems,
            max_file_bytes,
            part_rows,
        )
        self.validation = Validation(
            self.lake, self.ledger, self.state, self.bus, problems, REPOSITORY
        )
        self._sequence = 0x617F08299329D189

    def drop(self, key: str, body: bytes) -> dict[str, Any]:
        """Put a file into the landing bucket; returns the event that S3 sends."""
        version = self.s3.put_object(Bucket="landing", Key=key, Body=body)["VersionId"]
        self._sequence += 1
        return s3_event(key, size=len(body), sequencer=f"{self._sequence:016X}", version_id=version)

    def delete(self, key: str, version_id: str | None = None) -> dict[str, Any]:
        """Delete an object of the landing bucket, or one of its versions for good; returns the
        event that S3 sends.
        """
        which = {"VersionId": version_id} if version_id else {}
        answer = self.s3.delete_object(Bucket="landing", Key=key, **which)
        self._sequence += 1
        return s3_deletion(
            key,
            sequencer=f"{self._sequence:016X}",
            version_id=version_id or answer.get("VersionId"),
            for_good=version_id is not None,
        )

    def withdraw(self, event: dict[str, Any]) -> str:
        """Withdraw the file of an S3 event."""
        return withdraw_file(event, self.ingest)

    def deliver(self, event: dict[str, Any], *, now: datetime = NOW) -> str:
        """Ingest the file of an S3 event."""
        return ingest_file(event, self.ingest, now=now)

    def validate(self, event: Event) -> str:
        """Validate the batch of a published event."""
        return validate_batch({"detail": event.detail()}, self.validation)

    def settle(self) -> list[str]:
        """Validate every batch that was announced as ingested and take these events off the bus."""
        waiting = [event for event in self.bus.events if event.type == "BatchIngested"]
        self.bus.events[:] = [event for event in self.bus.events if event.type != "BatchIngested"]
        return [self.validate(event) for event in waiting]

    def land(self, key: str, body: bytes) -> str:
        """Drop, ingest and validate a file; returns the status of the last step."""
        outcome = self.deliver(self.drop(key, body))
        return (self.settle() or [outcome])[-1]

    def types(self) -> list[str]:
        """The types of the events on the bus, in order."""
        return [event.type for event in self.bus.events]

    def objects(self) -> dict[str, bytes]:
        """Everything in the lake."""
        return {stored.key: self.lake.get(stored.key) for stored in self.lake.list("")}

    def documents(self) -> dict[str, dict[str, Any]]:
        """Everything in the state table."""
        return {
            document.key.text: document.data.to_json()
            for prefix in (state_keys.BATCHES, state_keys.LANDINGS)
            for document in self.state.list("flights", prefix)
        }

    def active(self, dataset: str = "flights") -> list[str]:
        """The landing keys of the batches whose rows count."""
        return [record.source.key for record in self.ledger.active("flights", dataset)]
