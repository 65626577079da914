"""The online windows follow the batches of events, and of labels, that count, one batch at a step.

A step gives one batch another place among those whose rows the windows hold, or takes it out. The
events that it speaks of are joined with their labels as they were and as they are: both may go at
once, and whichever goes first still sees the other.
Beside each online row lies its partial, from which its value is made, and the number of the step
that changed it: what the step changes is added. Windows of aggregates that do not add up, such as a
greatest value, are made anew from the rows within their reach, for the groups of the batch.

The step is on record before anything is written: whoever is killed in it leaves it to be done
again, before anything else, and a row that has it already is passed over. A problem has one writer
at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from ghosteam.aws.batch_index import BatchIndex
from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.counted import Place, filed_at
from ghosteam.documents.outcomes import Outcomes
from ghosteam.documents.state_keys import Key
from ghosteam.documents.window_step import WindowStep
from ghosteam.errors import Defect
from ghosteam.features.aggregates.aggregate import aggregate_of
from ghosteam.features.current_events import Current
from ghosteam.features.lake_parts import outcome_reach
from ghosteam.features.online import OnlineView, Written
from ghosteam.features.outcome_tally import NONE, tally_after
from ghosteam.features.view_rows import rows_of_window
from ghosteam.features.views import views_of, windows_version
from ghosteam.features.window_changes import changes
from ghosteam.features.windows import BUCKET, window_values
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window
from ghosteam.steps.event_rows import EventRows, Placed
from ghosteam.steps.window_items import Look, WindowItems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Windows:
    """The online windows of a problem, and what they are made from."""

    problem: Problem
    state: StateTable
    ledger: BatchLedger
    lake: Objects
    online: DynamoDBClient
    online_prefix: str

    def follow(self, batch: BatchRecord) -> Written:
        """Bring the windows up to date with what counts of a batch, and of those whose place it
        took: their rows would count twice until their own event comes.
        """
        done, step = self._begin()
        for one in [*self._passed(batch), batch]:
            counted = self.ledger.index(one.problem, one.dataset).find(one)
            place = counted.latest if counted else None
            for rows, wanted in self._moves(one, place):
                number = step.number + 1
                step = WindowStep(number, one.dataset, one.batch_id, wanted, True, rows.revision)
                self._record(step)
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

    def _begin(self) -> tuple[Written, WindowStep]:
        """Do what was begun; make all rows when there are none of this version."""
        name = self.problem.problem
        done, step = Written(), self.state.find(name, self._step_key)
        if step is None:
            for dataset, applied in self._applied.items():
                for counted in self.ledger.index(name, dataset).all():
                    applied.move(counted.batch, counted.latest)
            step = WindowStep(0, None, None, None, made=False)
            self._record(step)
        if not step.made:
            done += self._make(step)
            step = replace(step, made=True)
            self._record(step)
        if step.batch_id:
            done += self._do(step)
            step = _done(step)
        return done, step

    def _do(self, step: WindowStep) -> Written:
        dataset, batch_id = str(step.dataset), str(step.batch_id)
        batch = self.ledger.find(self.problem.problem, dataset, batch_id)
        if batch is None:
            raise Defect(
                "The ledger does not know the batch of a step",
                where={"dataset": dataset, "batch_id": batch_id},
            )
        batch = batch.of_revision(step.revision)
        rows, before = self._rows.of_batch(batch), self._place_of(batch)
        others = self._rows.about(self._rows.named(rows), but=batch)
        now, then = (
            self._rows.current([*others, *_placed(batch, place, rows)])
            for place in (step.place, before)
        )
        done = Written()
        for items in self._added_to:
            is_in, was_in = (self._counted(one, items.window) for one in (now, then))
            done += items.add(changes(is_in, was_in, items.window), step.number)
        done += self._look_again(batch, step.place, now, then)
        self._tally(now, then, step)
        if step.place:
            self._rows.note(batch, rows)
        self._applied[dataset].move(batch, step.place)
        self._record(_done(step))
        return done

    def _look_again(
        self, batch: BatchRecord, place: Place | None, now: Current, then: Current
    ) -> Written:
        """Make the buckets anew that cover the events of a batch, as they are ``now`` and as they
        were ``then``, of windows that nothing can be added to: from all rows of the same groups
        that they cover, which are read once for all of these windows.
        """
        looks = []
        for items in self._made_anew:
            touched = pl.concat([self._counted(one, items.window) for one in (now, then)])
            if not (buckets := window_values(touched, items.window)).is_empty():
                looks.append(Look(items, buckets.select(*items.window.by, BUCKET)))
        if not looks:
            return Written()

        def wanted(events: pl.DataFrame) -> pl.DataFrame:
            return pl.concat([look.of_groups(events) for look in looks], how="vertical")

        begin = min(look.begin for look in looks) - outcome_reach(self.problem)
        end = max(look.end for look in looks)
        near = self._rows.between(begin, end, wanted, but=batch)
        rows = self._rows.of_batch(batch)
        named = pl.concat([self._rows.named(rows), *near], how="vertical").unique()
        placed = [*self._rows.about(named, but=batch), *_placed(batch, place, rows)]
        current, done = self._rows.current(placed), Written()
        for items, buckets in looks:
            values = window_values(self._counted(current, items.window), items.window)
            there = values.join(buckets, on=[*items.window.by, BUCKET], how="semi")
            done += items.replace(there, buckets)
        return done

    def _make(self, step: WindowStep) -> Written:
        """Make the rows of all windows, and the tally, from all batches that they hold."""
        placed = []
        for dataset, applied in self._applied.items():
            for one in applied.all():
                placed.append(Placed(dataset, one.order, self._rows.of_batch(one.batch)))
                self._rows.note(one.batch, placed[-1].rows)
        current = self._rows.current(placed)
        done = Written()
        for items in self._added_to:
            now = self._counted(current, items.window)
            done += items.make(changes(now, now.clear(), items.window), step.number)
        for items in self._made_anew:
            values = window_values(self._counted(current, items.window), items.window)
            done += items.replace(values, values.clear())
        if self.problem.labels is not None:
            nothing = self._rows.current([])
            met = tally_after(NONE, current, nothing, self.problem, step=step.number)
            self.state.put(self.problem.problem, self._outcomes_key, met)
        return done

    def _tally(self, now: Current, then: Current, step: WindowStep) -> None:
        """Count what a step changes of how far labels and events have met, once."""

        def changed(known: Outcomes | None) -> Outcomes:
            if known and known.step >= step.number:
                return known
            return tally_after(known or NONE, now, then, self.problem, step=step.number)

        if self.problem.labels is not None:
            self.state.update(self.problem.problem, self._outcomes_key, changed)

    def _counted(self, current: Current, window: Window) -> pl.DataFrame:
        return rows_of_window(current.events, self.problem, window)

    @cached_property
    def _windows(self) -> list[WindowItems]:
        by_name = {window.name: window for window in self.problem.features.windows}
        return [
            WindowItems(
                self.online,
                OnlineView.of(self.online_prefix, self.problem.problem, view),
                view,
                by_name[view.name],
            )
            for view in views_of(self.problem)
            if view.kind == "window"
        ]

    @property
    def _added_to(self) -> list[WindowItems]:
        return [one for one in self._windows if aggregate_of(one.window).additive]

    @property
    def _made_anew(self) -> list[WindowItems]:
        return [one for one in self._windows if not aggregate_of(one.window).additive]

    @cached_property
    def _version(self) -> str:
        return windows_version(self.problem)

    @property
    def _step_key(self) -> Key[WindowStep]:
        return state_keys.WINDOW_STEPS / self._version

    @property
    def _outcomes_key(self) -> Key[Outcomes]:
        return state_keys.OUTCOMES / self._version

    @cached_property
    def _applied(self) -> dict[str, BatchIndex]:
        """The batches that the windows hold, by data set."""
        name, labels = self.problem.problem, self.problem.labels_name
        return {
            dataset: BatchIndex(self.state, name, state_keys.applied(self._version, dataset))
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


def _placed(batch: BatchRecord, place: Place | None, rows: pl.DataFrame) -> list[Placed]:
    return [Placed(batch.dataset, place.order, rows)] if place else []


def _done(step: WindowStep) -> WindowStep:
    return replace(step, dataset=None, batch_id=None, place=None)
