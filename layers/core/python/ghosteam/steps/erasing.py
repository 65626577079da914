"""What an erasure works on, what it has found, and the one way in which files are gone through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.state import StateTable
from ghosteam.aws.versions import Version, Versions
from ghosteam.data.erase import Left, without_rows
from ghosteam.data.subject import Subject
from ghosteam.documents import state_keys
from ghosteam.documents.erasure import Erasure, Removed
from ghosteam.problem.spec import Problem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Clean = Callable[[str, bytes], Left]
"""What is left of a file, given its key and bytes."""


@dataclass(frozen=True)
class Erasing:
    """``serving``: the problem as models learned it that serve or are on their way.
    ``log_groups``: those in which rows may have been printed. ``now``: wall clock, UTC.
    ``scratch``: a folder on a disk that holds the largest file; None for the system's folder of
    temporary files. ``dry_run``: look, and change nothing. ``tell`` hears of each place as it is
    begun.
    """

    subject: Subject
    problem: Problem
    serving: Sequence[Problem]
    landing: Versions
    lake: Versions
    artifacts: Versions
    state: StateTable
    ledger: BatchLedger
    bus: Bus
    online: DynamoDBClient
    online_prefix: str
    logs: Any
    log_groups: Sequence[str]
    now: datetime
    scratch: Path | None = None
    dry_run: bool = False
    tell: Callable[[str], None] = lambda _: None
    found: ErasureFindings = field(default_factory=lambda: ErasureFindings())

    @property
    def name(self) -> str:
        """The problem's."""
        return self.problem.problem

    def learned(self, run_id: str) -> None:
        """A run's training set holds rows of the entity: on record before they are taken out."""
        if run_id not in self.found.models:
            self.found.models.append(run_id)
            self.note(lambda erasure: replace(erasure, models=_with(erasure.models, run_id)))

    def note(self, change: Callable[[Erasure], Erasure]) -> None:
        """Change the erasure's record, if this is no dry run."""
        if not self.dry_run:
            key = state_keys.ERASURES / self.subject.identity
            self.state.amend(self.name, key, change)

    def clean(
        self,
        store: Versions,
        prefix: str,
        place: str,
        *,
        clean: Clean | None = None,
        before: Callable[[str, bytes], None] = lambda _key, _body: None,
        only: Callable[[str], bool] = lambda _: True,
        is_read: bool = True,
    ) -> bool:
        """Write the objects below ``prefix`` again without rows of the entity, and delete for good
        every version that holds some. Returns whether there were any.

        ``before`` is told a key and its new bytes before they are written; ``only``: whether a
        key is looked at; ``is_read``: whether these are the rows that readers get, and are counted.
        """
        some = False
        for versions in store.versions(prefix):
            if only(versions[0].key):
                some |= self._clean_object(store, versions, place, clean, before, is_read)
        return some

    def drop(self, store: Versions, version: Version, place: str, *, rows: int = 0) -> None:
        """Delete a version for good, with ``rows`` that were read until now."""
        self.found.removed[place] += Removed(rows, 1)
        if not self.dry_run:
            store.remove(version)

    def _clean_object(
        self,
        store: Versions,
        versions: list[Version],
        place: str,
        clean: Clean | None,
        before: Callable[[str, bytes], None],
        is_read: bool,
    ) -> bool:
        some = False
        for version in versions:
            body = store.read(version)
            left = (clean or self.left)(version.key, body) if body is not None else None
            if left is None or not left.rows:
                continue
            some = True
            if version.latest and not self.dry_run:
                if left.body is None:
                    store.delete(version.key)  # or an older version would be read in its place
                else:
                    before(version.key, left.body)
                    store.put(version.key, left.body)
            self.drop(store, version, place, rows=left.rows if version.latest and is_read else 0)
        return some

    def left(self, key: str, body: bytes) -> Left:
        """What is left of a file that this project wrote."""
        return without_rows(key, body, self.subject)


@dataclass
class ErasureFindings:
    """What a pass found: see :class:`Erasure`."""

    removed: RemovedByPlace = field(default_factory=lambda: RemovedByPlace())
    models: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


class RemovedByPlace(dict[str, Removed]):
    """By place; nothing where nothing was found."""

    def __missing__(self, place: str) -> Removed:
        return Removed()


def _with(known: tuple[str, ...], one: str) -> tuple[str, ...]:
    return known if one in known else (*known, one)
