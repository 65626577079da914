"""The windows of predictions that wait to be judged.

Whoever changes what a batch tells of outcomes says so before anybody is called: what waits is on
record once, however many files told of it, and is struck off when it is done. So one check does
the work of all calls before it, and whoever was killed in it leaves what he had not done. One
check of a problem is at work at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.state import Document, StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.batch_to_judge import BatchToJudge
from ghosteam.documents.window_to_judge import WindowToJudge
from ghosteam.errors import Conflict, Unfinished
from ghosteam.features.event_times import stretches_of
from ghosteam.monitoring.windows import window_end_at, window_of
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More

AT_ONCE = 60
"""Windows that are judged in one go: what they are judged by is read from the first to the last."""


def tell_batch(state: StateTable, batch: BatchRecord) -> None:
    """A batch of events or labels tells other outcomes than before."""

    def told(known: BatchToJudge | None) -> BatchToJudge:
        if known is None:
            return BatchToJudge(batch.dataset, batch.batch_id)
        return replace(known, told=known.told + 1)

    state.update(batch.problem, state_keys.batch_to_judge(batch.dataset, batch.batch_id), told)


@dataclass(frozen=True)
class WindowsToJudge:
    """What waits of one problem."""

    problem: Problem
    state: StateTable

    def batches(self) -> list[Document[BatchToJudge]]:
        """Batches whose windows are to be found."""
        return list(self.state.list(self.problem.problem, state_keys.BATCHES_TO_JUDGE))

    def found(self, batch: Document[BatchToJudge]) -> None:
        """The windows that a batch changes wait. It waits no longer, unless it was told again."""
        with suppress(Conflict):
            self.state.delete(self.problem.problem, batch)

    def judged_before(self, ends: Iterable[datetime]) -> set[datetime]:
        """Those of the windows of which a verdict is on record."""
        wanted, kind = set(ends), state_keys.PERFORMANCE_VERDICTS
        found = (
            verdict.data.window_end
            for first, last in stretches_of(wanted)
            for verdict in self.state.between(self.problem.problem, kind, _text(first), _text(last))
        )
        return wanted.intersection(found)

    def add(self, window_end: datetime) -> None:
        """A window is to be judged at once."""
        self._put(state_keys.WINDOWS_TO_JUDGE, window_end)

    def remember(self, window_end: datetime, now: datetime) -> None:
        """A window that is not mature yet is to be judged when it is."""
        if window_end > self._mature(now):
            self._put(state_keys.IMMATURE_WINDOWS_TO_JUDGE, window_end)

    def newest(self, now: datetime) -> list[datetime]:
        """Ends of the windows to look at without a batch that asks for it, see :func:`windows_due`;
        and of the one that holds the newest events, once it is mature: all rows of a period may lie
        at its begin, and nothing past its end be told before the next period's are.
        """
        due = windows_due(self.problem, now)
        events = BatchLedger(self.state).index(self.problem.problem, self.problem.events_name)
        if self.problem.timed and (last := events.newest_end()):
            end = window_of(last, length=self.problem.watch.window)
            due += [end] if end <= self._mature(now) else []
        return sorted({*due})

    def add_newest(self, now: datetime) -> None:
        """The newest windows are to be judged at once."""
        for end in self.newest(now):
            self.add(end)

    def due(self, now: datetime) -> list[datetime]:
        """Ends of the oldest windows that are to be judged now, ascending: those that changed, and
        those that have become mature since they were judged.
        """
        changed = self.state.list(self.problem.problem, state_keys.WINDOWS_TO_JUDGE)
        mature = self.state.between(
            self.problem.problem, state_keys.IMMATURE_WINDOWS_TO_JUDGE, "", _text(self._mature(now))
        )
        ends = sorted({one.data.window_end for found in (changed, mature) for one in found})
        if not ends:
            return []
        last = (self.problem.watch.window * AT_ONCE).after(ends[0])
        return [end for end in ends if end < last]

    def judged(self, ends: Iterable[datetime], now: datetime) -> None:
        """These were judged by what was known ``now``; immature ones will be judged again."""
        for end in ends:
            self.remember(end, now)
            if end <= self._mature(now):
                self._strike(state_keys.IMMATURE_WINDOWS_TO_JUDGE, end)
            self._strike(state_keys.WINDOWS_TO_JUDGE, end)

    def _mature(self, now: datetime) -> datetime:
        return self.problem.target.matures.before(now)

    def _put(self, kind: state_keys.Key[WindowToJudge], end: datetime) -> None:
        self.state.put(self.problem.problem, kind / _text(end), WindowToJudge(end))

    def _strike(self, kind: state_keys.Key[WindowToJudge], end: datetime) -> None:
        if found := self.state.get(self.problem.problem, kind / _text(end)):
            self.state.delete(self.problem.problem, found)


def windows_due(problem: Problem, now: datetime) -> list[datetime]:
    """Ends of the windows that the clock asks for: the newest whose outcomes are mature, and the
    newest that is over, of which something can be expected.
    """
    length = problem.watch.window
    mature = window_end_at(problem.target.matures.before(now), length=length)
    return [*dict.fromkeys((mature, window_end_at(now, length=length)))]


def go_on(more: More, problem: Problem) -> None:
    """Raises Unfinished when the turn is over, and windows still wait."""
    if not more():
        raise Unfinished("Windows wait to be judged", where={"problem": problem.problem})


def _text(end: datetime) -> str:
    return end.isoformat()
