"""Which versions of views stand in the online store: those that somebody needs follow what lands,
those that nobody needs any more are removed, and one that comes back is made anew.

All of it is done by the one writer of a problem's online rows, between two batches. A removal is on
record before the first row goes; whoever is killed in it leaves it to be finished before anything
else, also where a version is needed again by then: what comes back finds nothing of before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.errors import translated
from ghosteam.aws.online_store import write_items
from ghosteam.aws.state import StateTable
from ghosteam.documents import batch_events, state_keys
from ghosteam.documents.online_versions import EVERYTHING, OnlineVersions
from ghosteam.errors import Unfinished
from ghosteam.features.online_versions import version_in, versions_of
from ghosteam.features.views import online_table, sources_of, views_of
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More, without_end

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class OnlineStore:
    """The online rows of one problem and what is on record of them."""

    problem: str
    state: StateTable
    online: DynamoDBClient
    online_prefix: str

    def follow_needs(
        self, folder: Problem, others: Sequence[Problem], bus: Bus, *, more: More = without_end
    ) -> None:
        """Put on record who needs what: ``folder``, and the problem as ``others`` learned it, that
        is, models that serve, are kept for a way back, or are on their way.

        What ``others`` need again is told of all batches; what ``folder`` does, by whoever
        published it.

        Raises:
            Unfinished: the turn was over before what was begun was done.
        """
        needed = versions_of([folder, *others])
        known, _ = self._finish(self._known(needed), more)
        back = needed - set(known.kept) - versions_of([folder])
        for problem in others:
            self._tell(problem, back, bus)
        left = {*known.left, *known.kept} - needed
        self._record(replace(known, kept=_sorted(needed), left=_sorted(left)))

    def remove_unneeded(
        self, problems: Sequence[Problem], *, search: bool = False, more: More = without_end
    ) -> int:
        """Remove the rows of versions that none of ``problems`` needs, and what is on record of
        their windows; returns how many rows there were. The table of all problems is gone through,
        if there are any; where there are is looked for once, or as ``search`` says.

        Raises:
            Unfinished: the turn was over before that was done.
        """
        needed = versions_of(problems)
        known = self._known(needed)
        if search or not known.searched:
            known = self._search(known, needed, more)
        going = ({*known.left, *known.kept} - needed) | set(known.going)
        kept = _sorted(set(known.kept) & needed)
        known = OnlineVersions(kept, (), _sorted(going), searched=True)
        self._record(known)
        return self._finish(known, more)[1]

    def remove_all(self, *, more: More = without_end) -> int:
        """Remove all rows of a problem that has no folder any more, and what is on record of its
        windows; returns how many rows this turn removed. Where the folder comes back before that is
        done, it is done before anything else.

        Raises:
            Unfinished: the turn was over before that was done.
        """
        known = self._known(set())
        if known.going != (EVERYTHING,):
            known = OnlineVersions((), (), (EVERYTHING,), searched=True)
            self._record(known)
        return self._finish(known, more)[1]

    def unneeded(self, problems: Sequence[Problem]) -> int:
        """How many rows :meth:`remove_unneeded` with ``search`` would remove."""
        needed = versions_of(problems)
        found = (version_in(one, self.problem) for ids, _ in self._pages("") for one in ids)
        return sum(version not in needed for version in found)

    def _search(self, known: OnlineVersions, needed: set[str], more: More) -> OnlineVersions:
        """``known`` with all versions that are there and that nobody needs."""
        for ids, passed in self._pages(known.passed):
            there = {version_in(one, self.problem) for one in ids} - needed - set(known.going)
            left = _sorted({*known.left, *there})
            known = replace(known, left=left, passed=passed or known.passed)
            if passed:
                self._go_on(known, more)
        return replace(known, searched=True, passed="")

    def _finish(self, known: OnlineVersions, more: More) -> tuple[OnlineVersions, int]:
        """Do what was begun; returns what is on record then, and how many rows were removed."""
        if not known.going:
            return known, 0
        going, removed = set(known.going), 0
        for ids, passed in self._pages(known.passed):
            gone = [one for one in ids if going & {version_in(one, self.problem), EVERYTHING}]
            write_items(self.online, online_table(self.online_prefix), [], gone)
            removed += len(gone)
            known = replace(known, passed=passed or known.passed)
            if passed:
                self._go_on(known, more)
        versions = {one.partition("@")[2] for one in going} - {""}
        for version in [""] if EVERYTHING in going else sorted(versions):
            self._forget(version, known, more)
        done = replace(known, going=(), passed="")
        self._record(done)
        return done, removed

    def _forget(self, version: str, known: OnlineVersions, more: More) -> None:
        """Delete what is on record of the windows of a version; empty: of all."""
        for held in list(
            self.state.list(self.problem, state_keys.APPLIED_COUNTED_BATCHES / version)
        ):
            self.state.delete(self.problem, held)
            self._go_on(known, more)
        # The step goes last: without it, the windows are made anew from all that counts.
        for step in list(self.state.list(self.problem, state_keys.WINDOW_STEPS / version)):
            self.state.delete(self.problem, step)

    def _go_on(self, known: OnlineVersions, more: More) -> None:
        if not more():
            self._record(known)
            raise Unfinished("Online rows wait to be removed", where={"problem": self.problem})

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

    def _pages(self, passed: str) -> Iterator[tuple[list[str], str]]:
        """Ids of the problem's items on each page of the table, after the item ``passed``, and the
        last item that is passed by then, empty on the last page; only keys are read.
        """
        begin: Any = {"ExclusiveStartKey": {"entity_id": {"S": passed}}} if passed else {}
        with translated("Going through online features"):
            pages = self.online.get_paginator("scan").paginate(
                TableName=online_table(self.online_prefix),
                ProjectionExpression="entity_id",
                FilterExpression="begins_with(entity_id, :p)",
                ExpressionAttributeValues={":p": {"S": f"{self.problem}."}},
                **begin,
            )
            for page in pages:
                last = page.get("LastEvaluatedKey")
                ids = [item["entity_id"]["S"] for item in page["Items"]]
                yield ids, last["entity_id"]["S"] if last else ""


def _sorted(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(versions))
