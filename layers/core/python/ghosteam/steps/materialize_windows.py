"""The online windows follow the batches of events, and of labels, that count, one batch at a step.

A step gives a batch another place among those whose rows the windows hold, or takes it out; rows of
another definition are made by steps of many batches, one after the other. The events that it speaks
of are joined with their labels as they were and as they are: both may go at
once, and whichever goes first still sees the other.
Beside each online row lies its partial, from which its value is made, and the number of the step
that changed it: what the step changes is added. Windows of aggregates that do not add up, such as a
greatest value, are made anew from the rows within their reach, for the groups of the batch.

The step is on record before anything is written: whoever is killed in it leaves it to be done
again, before anything else, and a row that has it already is passed over. A problem has one writer
at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from ghosteam.aws.batch_index import BatchIndex
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted_batch import CountedBatch, Place, filed_at
from ghosteam.documents.outcome_counts import OutcomeCounts
from ghosteam.documents.state_keys import Key
from ghosteam.documents.window_step import Move, WindowStep
from ghosteam.errors import Defect, Unfinished
from ghosteam.features.aggregates.aggregate import aggregate_of
from ghosteam.features.current_events import Current
from ghosteam.features.lake_parts import known_within
from ghosteam.features.online import OnlineView, Written
from ghosteam.features.outcome_tally import NONE, tally_after
from ghosteam.features.view_rows import rows_of_window
from ghosteam.features.views import window_views, windows_version
from ghosteam.features.window_changes import changed_tiles, changes
from ghosteam.features.windows import BUCKET, window_values
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.event_rows import EventRows, Placed
from ghosteam.steps.window_items import Look, WindowItems
from ghosteam.steps.window_parts import parts_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Windows:
    """The online windows over the events of a problem, and what they are made from; of facts ask
    their own problem, see :mod:`ghosteam.problem.counted`.
    """

    problem: Problem
    state: StateTable
    ledger: BatchLedger
    lake: Objects
    online: DynamoDBClient
    online_prefix: str
    now: datetime

    def follow(self, batch: BatchRecord, more: More = without_end) -> Written:
        """Bring the windows up to date with what counts of a batch, and of those whose place it
        took: their rows would count twice until their own event comes.

        Raises:
            Unfinished: the turn was over before all rows of this version were made.
        """
        done, step = self._begin(more)
        for one in [*self._passed(batch), batch]:
            counted = self.ledger.index(one.problem, one.dataset).find(one)
            place = counted.latest if counted else None
            for rows, wanted in self._moves(one, place):
                move = Move(one.dataset, one.batch_id, wanted, rows.revision)
                step = WindowStep(step.number + 1, True, (move,))
                done += self._do(step)
        return done

    def _moves(
        self, batch: BatchRecord, place: Place | None
    ) -> Iterator[tuple[BatchRecord, Place | None]]:
        """What brings a batch to its place: rows that another contract let in are taken out."""
        for before in {filed_at(one): one for one in map(batch.at, batch.earlier)}.values():
            held = self._applied[batch.dataset].find(before)
            if held and held.batch.revision != batch.revision:
                yield held.batch, None
        if self._place_of(batch) != place:
            yield batch, place

    def _passed(self, batch: BatchRecord) -> list[BatchRecord]:
        """Batches that counted where this one does."""
        name, dataset = batch.problem, batch.dataset
        counted = self.ledger.index(name, dataset).find(batch)
        validated = self.ledger.validated(name, dataset)
        ids = {
            batch_id
            for place in (counted.places if counted else ())
            for batch_id in self.ledger.landing(name, dataset, place.key).passed(validated)
        }
        found = (self.ledger.find(name, dataset, batch_id) for batch_id in sorted(ids))
        return [one for one in found if one is not None]

    def _begin(self, more: More) -> tuple[Written, WindowStep]:
        """Do what was begun; make all rows when there are none of this version."""
        name = self.problem.problem
        done, step = Written(), self.state.find(name, self._step_key)
        if step is None:
            # What is left of a version that had gone would be added to.
            if told := self.state.get(name, self._outcomes_key):
                self.state.delete(name, told)
            step = WindowStep(0, made=False)
            self._record(step)
        if step.moves:
            done += self._do(step)
        if not step.made:
            for moves in parts_of(list(self._waiting())):
                if not more():
                    raise Unfinished("Windows wait to be made anew", where={"problem": name})
                step = WindowStep(step.number + 1, False, moves)
                done += self._do(step)
            step = WindowStep(step.number, made=True)
            self._record(step)
        return done, step

    def _waiting(self) -> Iterator[CountedBatch]:
        """What counts and is not held yet."""
        for dataset, applied in self._applied.items():
            held = {one.batch.batch_id: one.latest for one in applied.all()}
            for one in self.ledger.index(self.problem.problem, dataset).all():
                if held.get(one.batch.batch_id) != one.latest:
                    yield one

    def _do(self, step: WindowStep) -> Written:
        """Put a step on record, and do it."""
        self._record(step)
        moved = [self._moved(move) for move in step.moves]
        before = [one._replace(place=self._place_of(one.batch)) for one in moved]
        # The first batch is moved when all rows are written.
        written = any(was.place == one.place for was, one in zip(before, moved, strict=True))
        done = Written() if written else self._write(moved, before, step.number)
        for one in moved:
            self._applied[one.batch.dataset].move(one.batch, one.place)
        self._record(replace(step, moves=()))
        return done

    def _write(self, moved: Sequence[_Moved], before: Sequence[_Moved], number: int) -> Written:
        ids = {one.batch.batch_id for one in moved}
        others = self._rows.about(self._named(moved), but=ids)
        now, then = (self._rows.current([*others, *_placed(some)]) for some in (moved, before))
        made, done = self._made_anew(moved, now, then), Written()
        for items in self._items:
            view = items.view
            tiles = {
                window.name: changed_tiles(
                    self._counted(now, window), self._counted(then, window), window
                )
                for window in view.windows
                if aggregate_of(window).additive
            }
            done += items.change(changes(view, tiles, made.get(view.name, {})), number)
        self._tally(now, then, number)
        for one in moved:
            if one.place:
                self._rows.note(one.batch, one.rows)
        return done

    def _moved(self, move: Move) -> _Moved:
        batch = self.ledger.find(self.problem.problem, move.dataset, move.batch_id)
        if batch is None:
            raise Defect(
                "The ledger does not know the batch of a step",
                where={"dataset": move.dataset, "batch_id": move.batch_id},
            )
        batch = batch.of_revision(move.revision)
        return _Moved(batch, move.place, self._rows.of_batch(batch))

    def _named(self, moved: Iterable[_Moved]) -> pl.DataFrame:
        named = [self._rows.named(one.rows) for one in moved]
        return pl.concat(named, how="vertical").unique(maintain_order=True)

    def _made_anew(
        self, moved: Sequence[_Moved], now: Current, then: Current
    ) -> dict[str, dict[str, pl.DataFrame]]:
        """By view and window, those that nothing can be added to in the buckets that cover the
        events of batches, as they are ``now`` and as they were ``then``: from all rows of the same
        groups that these cover, which are read once for all of these windows.
        """
        looks = []
        for items in self._items:
            for window in items.view.windows:
                if not aggregate_of(window).additive:
                    touched = pl.concat([self._counted(one, window) for one in (now, then)])
                    buckets = window_values(touched, window).select(*window.by, BUCKET)
                    looks.append(Look(items.view, window, buckets))
        current = self._current_around(looks, moved, now)
        found: dict[str, dict[str, pl.DataFrame]] = defaultdict(dict)
        for look in looks:
            rows = self._counted(current, look.window)
            found[look.view.name][look.window.name] = look.made(rows)
        return found

    def _current_around(
        self, looks: Sequence[Look], moved: Sequence[_Moved], now: Current
    ) -> Current:
        """The events that buckets may cover, with all rows and labels that speak of them."""
        looks = [look for look in looks if not look.buckets.is_empty()]
        if not looks:
            return now

        def wanted(events: pl.DataFrame) -> pl.DataFrame:
            return pl.concat([look.of_groups(events) for look in looks], how="vertical")

        begin = min(look.begin for look in looks) - known_within(self.problem)
        end = max(look.end for look in looks)
        ids = {one.batch.batch_id for one in moved}
        near = self._rows.between(begin, end, wanted, but=ids)
        named = pl.concat([self._named(moved), *near], how="vertical").unique()
        placed = [*self._rows.about(named, but=ids), *_placed(moved)]
        return self._rows.current(placed)

    def _tally(self, now: Current, then: Current, number: int) -> None:
        """Count what a step changes of how far labels and events have met, once."""

        def changed(known: OutcomeCounts | None) -> OutcomeCounts:
            if known and known.step >= number:
                return known
            return tally_after(known or NONE, now, then, self.problem, step=number)

        if self.problem.labels is not None:
            self.state.update(self.problem.problem, self._outcomes_key, changed)

    def _counted(self, current: Current, window: Window) -> pl.DataFrame:
        return rows_of_window(current.events, self.problem, window)

    @cached_property
    def _items(self) -> list[WindowItems]:
        return [
            WindowItems(
                self.online,
                OnlineView.of(self.online_prefix, self.problem.problem, view),
                self.now,
            )
            for view in window_views(self.problem)
        ]

    @cached_property
    def _version(self) -> str:
        return windows_version(self.problem)

    @property
    def _step_key(self) -> Key[WindowStep]:
        return state_keys.WINDOW_STEPS / self._version

    @property
    def _outcomes_key(self) -> Key[OutcomeCounts]:
        return state_keys.OUTCOME_COUNTS / self._version

    @cached_property
    def _applied(self) -> dict[str, BatchIndex]:
        """The batches that the windows hold, by data set."""
        name, labels = self.problem.problem, self.problem.labels_name
        return {
            dataset: BatchIndex(
                self.state, name, state_keys.applied_counted_batches(self._version, dataset)
            )
            for dataset in (self.problem.events_name, *([labels] if labels else []))
        }

    @cached_property
    def _rows(self) -> EventRows:
        return EventRows(self.problem, self._applied, self.lake, self.online, self.online_prefix)

    def _place_of(self, batch: BatchRecord) -> Place | None:
        applied = self._applied[batch.dataset].find(batch)
        return applied.latest if applied else None

    def _record(self, step: WindowStep) -> None:
        self.state.put(self.problem.problem, self._step_key, step)


class _Moved(NamedTuple):
    """A batch, the place that it gets, and its rows."""

    batch: BatchRecord
    place: Place | None
    rows: pl.DataFrame


def _placed(moved: Iterable[_Moved]) -> list[Placed]:
    return [Placed(one.batch.dataset, one.place.order, one.rows) for one in moved if one.place]
