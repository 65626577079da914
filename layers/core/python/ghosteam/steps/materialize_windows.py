"""The online windows follow the batches of events that count, one batch at a step.

A step gives one batch another place among those whose rows the windows hold, or takes it out.
Beside each online row lies its partial, from which its value is made, and the number of the step
that changed it: what the step changes is added. Windows of aggregates that do not add up, such as a
greatest value, are made anew from the rows within their reach, for the groups of the batch.

The step is on record before anything is written: whoever is killed in it leaves it to be done
again, before anything else, and a row that has it already is passed over. A problem has one writer
at a time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
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
from ghosteam.documents.counted import Place
from ghosteam.documents.window_step import WindowStep
from ghosteam.errors import Defect
from ghosteam.features.aggregates.aggregate import AGGREGATES
from ghosteam.features.lake_parts import outcome_reach
from ghosteam.features.online import Written
from ghosteam.features.views import online_table, views_of
from ghosteam.features.window_changes import changes
from ghosteam.features.windows import BUCKET, DAY, window_values
from ghosteam.problem.spec import Problem
from ghosteam.problem.window import Window
from ghosteam.steps.event_rows import EventRows, Placed
from ghosteam.steps.window_items import WindowItems

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def without_windows(problem: Problem, state: StateTable) -> None:
    """Forget how far the windows were, which the problem has no longer: those that it gets later
    begin anew.
    """
    state.amend(
        problem.problem,
        state_keys.WINDOW_STEP,
        lambda step: replace(step, batch_id=None, place=None, whole=False),
    )


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
            if self._place_of(one) != place:
                step = WindowStep(step.number + 1, one.batch_id, place, whole=True)
                self._record(step)
                done += self._do(step)
        return done

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
        """Do what was begun, and make anew what was made by another definition."""
        name, done = self.problem.problem, Written()
        step = self.state.find(name, state_keys.WINDOW_STEP) or WindowStep(0, None, None, False)
        if not step.whole:
            self._hold_what_counts()
        elif step.batch_id:
            done += self._do(step)
        others = [one for one in self._windows if not step.whole or not self._is_current(one)]
        step = replace(step, batch_id=None, place=None)
        if others:
            step = replace(step, number=step.number + 1)
            self._record(step)
            done += self._make_anew(others, step)
        if not step.whole:
            step = replace(step, whole=True)
            self._record(step)
        return done, step

    def _hold_what_counts(self) -> None:
        for held in self._applied.all():
            self._applied.move(held.batch, None)
        for counted in self.ledger.index(self.problem.problem, self.problem.events_name).all():
            self._applied.move(counted.batch, counted.latest)

    def _do(self, step: WindowStep) -> Written:
        batch = self.ledger.find(self.problem.problem, self.problem.events_name, str(step.batch_id))
        if batch is None:
            raise Defect(
                "The ledger does not know the batch of a step", where={"batch_id": step.batch_id}
            )
        rows, before = self._rows.of_batch(batch), self._place_of(batch)
        others = self._rows.of_events(rows, but=batch)
        now, then = (
            self._rows.newest([*others, *_placed(place, rows)], rows)
            for place in (step.place, before)
        )
        done = Written()
        for items in self._windows:
            if not self._is_current(items):
                continue
            if AGGREGATES.find(items.window.aggregate).additive:
                done += items.add(changes(now, then, items.window), step.number)
            else:
                done += self._look_again(items, batch, step.place, now, then)
        if step.place:
            self._rows.note(rows)
        self._applied.move(batch, step.place)
        self._record(replace(step, batch_id=None, place=None))
        return done

    def _look_again(
        self,
        items: WindowItems,
        batch: BatchRecord,
        place: Place | None,
        now: pl.DataFrame,
        then: pl.DataFrame,
    ) -> Written:
        """Make the buckets anew that cover rows of a batch, as they are ``now`` and were ``then``,
        from all rows of the same groups that they cover.
        """
        by, window = list(items.view.keys), items.window
        touched = pl.concat([now, then], how="vertical")
        buckets = window_values(touched, window)
        if buckets.is_empty():
            return Written()
        groups = touched.select(by).unique()
        days = buckets[BUCKET].to_list()
        placed = self._rows.between(
            min(days) - DAY - window.over - outcome_reach(self.problem),
            max(days) + DAY,
            lambda events: events.join(groups, on=by, how="semi"),
            but=batch,
        )
        rows = self._rows.of_batch(batch)
        newest = self._rows.newest([*placed, *_placed(place, rows)], rows)
        values = window_values(newest, window).join(buckets, on=[*by, BUCKET], how="semi")
        return items.replace(values, buckets)

    def _make_anew(self, windows: Sequence[WindowItems], step: WindowStep) -> Written:
        """Make windows from all rows that are held, whatever they were made by."""
        frames = [(one.order, self._rows.of_batch(one.batch)) for one in self._applied.all()]
        for _, rows in frames:
            self._rows.note(rows)
        now = self._rows.newest(frames, frames[0][1]) if frames else None
        done = Written()
        for items in windows:
            items.define("", step.number)  # until it is done, it is made by nothing
            if now is not None:
                done += self._made(items, now, step.number)
            items.define(self._definition_of(items.window), step.number)
        return done

    def _made(self, items: WindowItems, now: pl.DataFrame, number: int) -> Written:
        if AGGREGATES.find(items.window.aggregate).additive:
            return items.make(changes(now, now.clear(), items.window), number)
        values = window_values(now, items.window)
        return items.replace(values, values.clear())

    def _is_current(self, items: WindowItems) -> bool:
        return items.definition.digest == self._definition_of(items.window)

    @cached_property
    def _windows(self) -> list[WindowItems]:
        by_name = {window.name: window for window in self.problem.features.windows}
        return [
            WindowItems(
                self.online,
                online_table(self.online_prefix, self.problem.problem, view.name),
                view,
                by_name[view.name],
            )
            for view in views_of(self.problem)
            if view.kind == "window"
        ]

    def _definition_of(self, window: Window) -> str:
        """Digest of everything that a window's rows are made by."""
        problem = self.problem
        target = problem.target.model_dump(mode="json")
        made_by = [problem.task, problem.event_time, target, list(problem.event_id)]
        text = json.dumps([*made_by, window.model_dump(mode="json")], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def _applied(self) -> BatchIndex:
        prefix = state_keys.applied(self.problem.events_name)
        return BatchIndex(self.state, self.problem.problem, prefix)

    @cached_property
    def _rows(self) -> EventRows:
        return EventRows(self.problem, self._applied, self.lake, self.online, self.online_prefix)

    def _place_of(self, batch: BatchRecord) -> Place | None:
        applied = self._applied.find(batch)
        return applied.latest if applied else None

    def _record(self, step: WindowStep) -> None:
        self.state.put(self.problem.problem, state_keys.WINDOW_STEP, step)


def _placed(place: Place | None, rows: pl.DataFrame) -> Sequence[Placed]:
    return [(place.order, rows)] if place else []
