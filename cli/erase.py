"""``ghosteam erase``: passes of an erasure, done with the rights of whoever asks, and what they
found.

The step goes through data where they lie, one file at a time, by AWS's APIs alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.connection import Connection
from cli.deployed import caller, deployed_problem
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.aws.versions import Versions
from ghosteam.data.subject import Subject
from ghosteam.documents import state_keys
from ghosteam.documents.erasure import Erasure
from ghosteam.errors import InvalidInput
from ghosteam.steps.definitions import Definitions, problems_online
from ghosteam.steps.erase_entity import erase_entity
from ghosteam.steps.erasing import Erasing
from infra.settings import environment_settings

_BETWEEN_SECONDS = 20
_TAG = "ghosteam:environment"


@dataclass(frozen=True)
class Eraser:
    """An entity of a deployed problem, found by ``values``: text by column."""

    connection: Connection
    problem: str
    values: Mapping[str, str]

    def one_pass(self, *, dry_run: bool, say: Callable[[str], None]) -> Erasure:
        """Do one pass, or look what it would do.

        Raises:
            NotFound: there is no such problem.
            InvalidInput: the columns name no entity.
        """
        return erase_entity(self._erasing(dry_run, say), asked_by=caller(self.connection))

    def passes(self, *, wait: float, say: Callable[[str], None]) -> Erasure:
        """Do passes until nothing has to be left, or for ``wait`` seconds. Returns what all of them
        found together, as it is on record.
        """
        until = monotonic() + wait
        while True:
            done = self.one_pass(dry_run=False, say=say)
            if done.finished_at or monotonic() + _BETWEEN_SECONDS > until:
                break
            say(f"{len(done.waiting)} to wait for …")
            sleep(_BETWEEN_SECONDS)
        found = self._state.find(self.problem, state_keys.ERASURES / done.subject)
        assert found is not None
        return found

    @property
    def _state(self) -> StateTable:
        return StateTable(self.connection.client("dynamodb"), self.connection.names["state_table"])

    def _erasing(self, dry_run: bool, say: Callable[[str], None]) -> Erasing:
        client, names, state = self.connection.client, self.connection.names, self._state
        artifacts = Versions(client("s3"), names["artifact_bucket"])
        problem = deployed_problem(self.connection, self.problem)
        return Erasing(
            subject=Subject.of(problem, self.values),
            problem=problem,
            serving=problems_online(problem, state, Definitions(artifacts)),
            landing=Versions(client("s3"), names["landing_bucket"]),
            lake=Versions(client("s3"), names["lake_bucket"]),
            artifacts=artifacts,
            state=state,
            ledger=BatchLedger(state),
            bus=Bus(client("events"), names["bus_name"]),
            online=client("dynamodb"),
            online_prefix=environment_settings(self.connection.environment).online_prefix,
            logs=client("logs"),
            log_groups=list(self._log_groups()),
            now=datetime.now(UTC),
            dry_run=dry_run,
            tell=say,
        )

    def _log_groups(self) -> Iterator[str]:
        """Groups of this deployment's functions: one environment's name may begin another's, so
        their tag decides.
        """
        logs, prefix = self.connection.client("logs"), f"ghosteam-{self.connection.environment}-"
        pages = logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=f"/aws/lambda/{prefix}"
        )
        for page in pages:
            for group in page["logGroups"]:
                arn = group["arn"].removesuffix(":*")
                tags = logs.list_tags_for_resource(resourceArn=arn)["tags"]
                if tags.get(_TAG) == self.connection.environment:
                    yield group["logGroupName"]


def values_of(named: Sequence[str]) -> dict[str, str]:
    """``column=value`` texts, by column. Raises InvalidInput for one that is none."""
    found: dict[str, str] = {}
    for text in named:
        name, sign, value = text.partition("=")
        if not sign or not name or name in found:
            raise InvalidInput(
                "An entity is named by column=value, each column once",
                where={"given": name},
                remedy="Say for example --entity patient=P17",
            )
        found[name] = value
    return found


def print_erasure(erasure: Erasure, console: Console, *, would: bool) -> None:
    """A table of places, and what else there is to know."""
    table = Table("place", "rows", "objects, for good")
    for place, one in sorted(erasure.removed.items()):
        table.add_row(Text(place), f"{one.rows:,}", f"{one.objects:,}")
    heading = "would be erased of" if would else "erased of"
    told = [f"{heading} the entity {erasure.subject} (a digest of {', '.join(erasure.columns)})"]
    if erasure.models:
        told.append(
            f"models that have learned from its rows, and are not made to forget, of runs: "
            f"{', '.join(erasure.models)}; the next run learns without them"
        )
    told += [f"left: {text}" for text in erasure.kept]
    told += [f"waits: {text}" for text in erasure.waiting]
    if not would:
        over = "it is over" if erasure.finished_at else "it is not over: run the command again"
        told.append(over)
    if erasure.removed:
        console.print(table)
    else:
        told.insert(0, "nothing was found")
    for text in told:
        console.print(text, markup=False)


def as_json(erasure: Erasure) -> str:
    """The erasure's document."""
    return json.dumps(erasure.to_json(), indent=1)
