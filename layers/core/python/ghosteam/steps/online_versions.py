"""Which versions of views stand in the online store: those that somebody needs follow what lands,
those that nobody needs any more are removed, and one that comes back is made anew.

All of it is done by the one writer of a problem's online rows, between two batches. A removal is on
record before the first row goes; whoever is killed in it leaves it to be finished before anything
else, also where a version is needed again by then: what comes back finds nothing of before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.errors import translated
from ghosteam.aws.online_store import in_chunks, write_items
from ghosteam.aws.state import StateTable
from ghosteam.documents import batch_events, state_keys
from ghosteam.documents.online_versions import OnlineVersions
from ghosteam.features.online_versions import version_in, versions_of
from ghosteam.features.views import online_table, sources_of, views_of
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AT_ONCE = 1000


@dataclass(frozen=True)
class OnlineStore:
    """The online rows of one problem and what is on record of them."""

    problem: str
    state: StateTable
    online: DynamoDBClient
    online_prefix: str

    def follow_needs(self, folder: Problem, others: Sequence[Problem], bus: Bus) -> None:
        """Put on record who needs what: ``folder``, and the problem as ``others`` learned it, that
        is, models that serve, are kept for a way back, or are on their way.

        What ``others`` need again is told of all batches; what ``folder`` does, by whoever
        published it.
        """
        needed = versions_of([folder, *others])
        known, _ = self._finish(self._known(needed))
        back = needed - set(known.kept) - versions_of([folder])
        for problem in others:
            self._tell(problem, back, bus)
        left = {*known.left, *known.kept} - needed
        self._record(replace(known, kept=_sorted(needed), left=_sorted(left)))

    def remove_unneeded(self, problems: Sequence[Problem], *, search: bool = False) -> int:
        """Remove the rows of versions that none of ``problems`` needs, and what is on record of
        their windows; returns how many rows there were. The table of all problems is gone through,
        if there are any; where there are is looked for once, or as ``search`` says.
        """
        needed = versions_of(problems)
        known = self._known(needed)
        going = ({*known.left, *known.kept} - needed) | set(known.going)
        if search or not known.searched:
            going |= self._there() - needed
        kept = _sorted(set(known.kept) & needed)
        known = OnlineVersions(kept, (), _sorted(going), searched=True)
        self._record(known)
        return self._finish(known)[1]

    def unneeded(self, problems: Sequence[Problem]) -> int:
        """How many rows :meth:`remove_unneeded` with ``search`` would remove."""
        return len(self._ids_of(self._there() - versions_of(problems)))

    def _finish(self, known: OnlineVersions) -> tuple[OnlineVersions, int]:
        """Do what was begun; returns what is on record then, and how many rows were removed."""
        if not known.going:
            return known, 0
        ids = self._ids_of(known.going)
        for some in in_chunks(ids, _AT_ONCE):
            write_items(self.online, online_table(self.online_prefix), [], some)
        for version in sorted({one.partition("@")[2] for one in known.going}):
            for held in self.state.list(self.problem, state_keys.APPLIED / f"{version}#"):
                self.state.delete(self.problem, held)
            # The step goes last: without it, the windows are made anew from all that counts.
            if step := self.state.get(self.problem, state_keys.WINDOW_STEPS / version):
                self.state.delete(self.problem, step)
        done = replace(known, going=())
        self._record(done)
        return done, len(ids)

    def _tell(self, problem: Problem, versions: set[str], bus: Bus) -> None:
        """Those that count no more too: nobody followed them while the rows were left alone."""
        views = [view for view in views_of(problem) if f"{view.name}@{view.version}" in versions]
        ledger = BatchLedger(self.state)
        for dataset in dict.fromkeys(name for view in views for name in sources_of(problem, view)):
            for batch in ledger.all(self.problem, dataset):
                if batch.had_rows:
                    bus.publish(batch_events.validated(batch))

    def _known(self, needed: set[str]) -> OnlineVersions:
        """Before anything is on record, what is needed is there."""
        known = self.state.find(self.problem, state_keys.ONLINE_VERSIONS)
        return known or OnlineVersions(_sorted(needed))

    def _record(self, versions: OnlineVersions) -> None:
        if versions != self.state.find(self.problem, state_keys.ONLINE_VERSIONS):
            self.state.put(self.problem, state_keys.ONLINE_VERSIONS, versions)

    def _there(self) -> set[str]:
        return {version_in(identity, self.problem) for identity in self._ids()}

    def _ids_of(self, versions: Iterable[str]) -> list[str]:
        wanted = set(versions)
        return [one for one in self._ids() if version_in(one, self.problem) in wanted]

    def _ids(self) -> Iterator[str]:
        """Ids of the problem's items; only keys are read."""
        with translated("Going through online features"):
            pages = self.online.get_paginator("scan").paginate(
                TableName=online_table(self.online_prefix),
                ProjectionExpression="entity_id",
                FilterExpression="begins_with(entity_id, :p)",
                ExpressionAttributeValues={":p": {"S": f"{self.problem}."}},
            )
            for page in pages:
                yield from (item["entity_id"]["S"] for item in page["Items"])


def _sorted(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(versions))
