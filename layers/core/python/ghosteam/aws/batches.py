"""The ledger of batches: what arrived, how far it got, and which batches count.

``batch#<dataset>#<batch id>`` says what a batch is. ``object#<dataset>#<landing key>`` says which
versions a landing key holds, see :class:`ghosteam.documents.landing.Landing`. What counts follows
from the versions and from which batches are validated, in whatever order both became known: a
rejected file never takes good data away, and rows do not vanish while their successor is being
validated.

``counted#<dataset>#…`` files what counts by the times of its rows, so that a question about a day
does not read all days. It follows from the other two, and is brought up to date by whoever changes
them, before anybody is told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, Literal

from ghosteam.aws.batch_index import BatchIndex, ListedBatches
from ghosteam.aws.batch_places import all_places, place_of
from ghosteam.aws.judged_batches import note_landed_again
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.backfill import Backfill
from ghosteam.documents.batch import BatchRecord, LandedObject, Status
from ghosteam.documents.counted_batch import CountedBatch, Place, filed_at
from ghosteam.documents.coverage import Coverage, DayRows, Days, by_month
from ghosteam.documents.landing import Held, Landing, Settled

ArrivalEffect = Literal["changed", "unchanged", "again", "late"]
"""What an event about a key did: it changed what counts there, or not; this very event was told
before; nothing depends on it any more.
"""


class BatchLedger:
    """Reads and writes batch and object documents of the state table."""

    def __init__(self, state: StateTable) -> None:
        self._state = state
        self._indexed: set[tuple[str, str]] = set()

    def find(self, problem: str, dataset: str, batch_id: str) -> BatchRecord | None:
        """The batch, or None."""
        return self._state.find(problem, state_keys.batch(dataset, batch_id))

    def all(self, problem: str, dataset: str, *, after: str = "") -> Iterator[BatchRecord]:
        """Every batch of a data set, whatever its status, in the order of their ids; those behind
        ``after``.
        """
        # A space is sorted before whatever an id may hold.
        behind = self._state.between(problem, state_keys.batches(dataset), f"{after} ", "~")
        for document in behind:
            yield document.data

    def active(self, problem: str, dataset: str) -> list[BatchRecord]:
        """The batches whose rows count, in the order in which they landed; each once, at its latest
        landing. Their number has no bound: see :meth:`index`.
        """
        return [one.batch for one in self.index(problem, dataset).all()]

    def index(self, problem: str, dataset: str) -> BatchIndex | ListedBatches:
        """The batches whose rows count, by the times of their rows. What landed before there was an
        index is filed when the next file lands; until then all is read.
        """
        if self._is_indexed(problem, dataset):
            return BatchIndex(self._state, problem, state_keys.counted_batches(dataset))
        listed, validated = [], self.validated(problem, dataset)
        for batch_id, places in all_places(self._state, problem, dataset, validated).items():
            record = self.find(problem, dataset, batch_id)
            assert record is not None
            listed.append(CountedBatch(record, ()).at(places))
        return ListedBatches(listed)

    def file(self, problem: str, dataset: str, key: str, *more: str) -> None:
        """Bring the index up to date with what a landing key holds, and with the batches ``more``,
        which it may have held. Whoever is overtaken by another change of the key does it again.
        """
        self._make_index(problem, dataset)
        self._file(problem, dataset, key, *more)

    def begin(self, record: BatchRecord) -> BatchRecord:
        """Record that a batch is being ingested, unless it already was. Returns what the ledger
        holds.

        A batch that was rejected begins again when it is dropped again: its contract may have been
        corrected since.
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

    def judge(self, record: BatchRecord) -> BatchRecord:
        """Replace a batch's record by what a contract made of it, unless that is on record already.
        Returns what the ledger holds.
        """
        return self._update(
            record,
            lambda known: known if known and known.judged_as == record.judged_as else record,
        )

    def note(self, record: BatchRecord, **found: Any) -> BatchRecord:
        """Change fields of a batch's record, whatever the others are by now."""
        return self._update(record, lambda known: replace(known or record, **found))

    def holding(self, problem: str, dataset: str, batch_id: str) -> list[str]:
        """The landing keys that hold a batch as one of their versions. All keys are looked at."""
        of_data_set = state_keys.landings(dataset)
        return [
            document.key.text.removeprefix(of_data_set.text)
            for document in self._state.list(problem, of_data_set)
            if any(one.batch_id == batch_id for one in document.data.held)
        ]

    def count_rows(self, record: BatchRecord, days: Days) -> None:
        """Record on which days the rows of the batch's revision lie, in place of what was on record
        of it. Other revisions have a record of their own: which one counts, the batch says.
        """
        at = state_keys.revision_coverage(record.dataset, record.batch_id, record.revision)
        known = [one.key.text.removeprefix(at.text) for one in self._state.list(record.problem, at)]
        months = by_month(days)
        # That there are none is on record too.
        for month in dict.fromkeys((*known, *months)) or [""]:
            self._state.put(record.problem, at / month, Coverage(months.get(month, {})))

    def rows_by_day(
        self, problem: str, dataset: str, batch_id: str = ""
    ) -> dict[tuple[str, str], dict[str, DayRows]]:
        """The days on which rows lie, by batch and revision; of one batch where one is named. What
        nobody counted is not among them.
        """
        prefix = state_keys.REVISION_COVERAGE / f"{dataset}#"
        at = prefix / f"{batch_id}#" if batch_id else prefix
        found: dict[tuple[str, str], dict[str, DayRows]] = {}
        for document in self._state.list(problem, at):
            batch, revision, _ = document.key.text.removeprefix(prefix.text).split("#")
            found.setdefault((batch, revision), {}).update(document.data.days)
        return found

    def land(self, record: BatchRecord, source: LandedObject) -> ArrivalEffect:
        """Make the landing key of ``source`` hold the batch as its version."""
        note_landed_again(record, source, self._state)
        version = Held(record.batch_id, source.sequencer, source.landed_at, source.version_id)
        return self._add(record.problem, record.dataset, source.key, version)

    def delete(self, problem: str, dataset: str, source: LandedObject) -> ArrivalEffect:
        """The object at the key of ``source`` was deleted, which the event counts as a version."""
        version = Held(None, source.sequencer, source.landed_at, source.version_id)
        return self._add(problem, dataset, source.key, version)

    def remove(self, problem: str, dataset: str, source: LandedObject) -> ArrivalEffect:
        """The version that ``source`` names was deleted for good: what was before it, if anything,
        is the object again.
        """
        version_id = str(source.version_id)

        def change(current: Landing) -> tuple[Landing, bool]:
            return current.without_version(version_id), version_id in current.removed

        return self._change(problem, dataset, source.key, change)

    def erase(self, problem: str, dataset: str, key: str, version_ids: Collection[str]) -> None:
        """Versions of a landing key are about to be deleted for good, and the batches that they
        hold stay, see :attr:`Landing.erased`.
        """
        self._state.amend(
            problem,
            state_keys.landing(dataset, key),
            lambda current: current.erasing(version_ids),
        )

    def is_late(self, problem: str, dataset: str, source: LandedObject) -> bool:
        """Whether nothing depends on the version ``source`` of a landing object: it was deleted for
        good, or erased, or is older than what is remembered; it is then recorded as ignored.
        """
        landing = self.landing(problem, dataset, source.key)
        late = source.version_id in (*landing.removed, *landing.erased) or landing.is_late(
            source.sequencer, self.validated(problem, dataset)
        )
        if late:
            key = state_keys.landing(dataset, source.key)
            self._state.update(
                problem, key, lambda current: (current or landing).ignoring(source.sequencer)
            )
        return late

    def landing(self, problem: str, dataset: str, key: str) -> Landing:
        """What a landing key holds."""
        return self._state.find(problem, state_keys.landing(dataset, key)) or Landing()

    def drop(self, problem: str, dataset: str, key: str, versions: Sequence[Held]) -> None:
        """Forget versions of a landing key that can count no more."""
        if versions:
            self._state.update(
                problem,
                state_keys.landing(dataset, key),
                lambda current: (current or Landing()).dropping(versions),
            )

    def validated(self, problem: str, dataset: str) -> Settled:
        """Whether a batch is validated, as the ledger says when it is first asked."""

        @cache
        def validated(batch_id: str) -> bool:
            record = self.find(problem, dataset, batch_id)
            return record is not None and record.status == "validated"

        return validated

    def _is_indexed(self, problem: str, dataset: str) -> bool:
        if (problem, dataset) not in self._indexed and self._state.find(
            problem, state_keys.INDEX_BACKFILLS / dataset
        ):
            self._indexed.add((problem, dataset))
        return (problem, dataset) in self._indexed

    def _make_index(self, problem: str, dataset: str) -> None:
        """File what landed before there was an index."""
        if not self._is_indexed(problem, dataset):
            of_data_set = state_keys.landings(dataset)
            for document in self._state.list(problem, of_data_set):
                self._file(problem, dataset, document.key.text.removeprefix(of_data_set.text))
            self._state.put(problem, state_keys.INDEX_BACKFILLS / dataset, Backfill(dataset))

    def _file(self, problem: str, dataset: str, key: str, *more: str) -> None:
        def every(batch_id: str) -> list[Place]:
            validated = self.validated(problem, dataset)
            return all_places(self._state, problem, dataset, validated).get(batch_id, [])

        index = BatchIndex(self._state, problem, state_keys.counted_batches(dataset))
        landing, after = None, self.landing(problem, dataset, key)
        while landing != after:
            landing = after
            counting = landing.counting(self.validated(problem, dataset))
            for batch_id in {*(one.batch_id for one in landing.held if one.batch_id), *more}:
                record = self.find(problem, dataset, batch_id)
                if record is None:
                    continue
                for earlier in map(record.at, record.earlier):
                    if filed_at(earlier) != filed_at(record):
                        index.place(earlier, key, None, every=list)
                counts = counting is not None and counting.batch_id == batch_id
                place = place_of(key, counting) if counts and counting else None
                index.place(record, key, place, every=partial(every, batch_id))
            after = self.landing(problem, dataset, key)

    def _add(self, problem: str, dataset: str, key: str, version: Held) -> ArrivalEffect:
        def change(current: Landing) -> tuple[Landing, bool]:
            again = any(one.sequencer == version.sequencer for one in current.held)
            return current.with_version(version), again

        return self._change(problem, dataset, key, change, sequencer=version.sequencer)

    def _change(
        self,
        problem: str,
        dataset: str,
        key: str,
        change: Callable[[Landing], tuple[Landing, bool]],
        *,
        sequencer: str | None = None,
    ) -> ArrivalEffect:
        """``change`` gives the new form and whether the old one knew of it already."""
        order: ArrivalEffect = "unchanged"

        def changed(current: Landing | None) -> Landing:
            nonlocal order
            current, validated = current or Landing(), self.validated(problem, dataset)
            if sequencer is not None and current.is_late(sequencer, validated):
                order = "late"
                return current.ignoring(sequencer)
            new, again = change(current)
            same = new.counting(validated) == current.counting(validated)
            order = "again" if again else "unchanged" if same else "changed"
            return new

        self._state.update(problem, state_keys.landing(dataset, key), changed)
        self.file(problem, dataset, key)
        return order

    def _update(
        self, record: BatchRecord, change: Callable[[BatchRecord | None], BatchRecord]
    ) -> BatchRecord:
        key = state_keys.batch(record.dataset, record.batch_id)
        return self._state.update(record.problem, key, change)
