"""The data slice as it is deployed, for commands that put quarantined rows back."""

from __future__ import annotations

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.documents import batch_events, state_keys
from ghosteam.documents.published_definition import PublishedDefinition
from ghosteam.problem.spec import Problem
from ghosteam.runtime.problems import contract_code
from tests import documents
from tests.accounts import NAMES, name_resources
from tests.builders import REPOSITORY, flights_problem
from tests.unit.data.world import World


class Deployment(World):
    """The data slice as it is deployed: what lands while a command waits is worked on."""

    def __init__(self) -> None:
        super().__init__()
        self.s3.create_bucket(Bucket="artifacts")
        self.artifacts = Objects(self.s3, "artifacts")
        boto3.client("events").create_event_bus(Name="bus")
        name_resources("dev", **NAMES)
        self.worked_on: set[str] = set()
        self.deploy(flights_problem())

    def deploy(self, problem: Problem) -> None:
        """Put a definition in force; who is to be told is left to the caller."""
        digest = documents.keep_definition(self.artifacts, problem)
        code = contract_code(REPOSITORY / "flights")
        published = PublishedDefinition(definition=digest, code=code, at=documents.DAY, told=True)
        self.state.put("flights", state_keys.PUBLISHED_DEFINITION, published)
        self.ingest.problems["flights"] = problem  # type: ignore[index]

    def land(self, key: str, body: bytes) -> str:
        self.worked_on.add(key)
        return super().land(key, body)

    def work(self, _: float) -> None:
        """What the functions do meanwhile."""
        for stored in list(Objects(self.s3, "landing").list("")):
            if stored.key not in self.worked_on:
                self.land(stored.key, Objects(self.s3, "landing").get(stored.key))
        for record in list(self.ledger.all("flights", "flights")):
            self.validate(batch_events.ingested(record, record.source.key))
