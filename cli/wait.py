"""``ghosteam wait``: tell what the loop does with what was dropped, until a model serves or nothing
more can come of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from cli.follow import Reads, state_of_run
from ghosteam.documents import state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.run import Run
from ghosteam.documents.slot import Slot

PAUSE = 2.0
QUIET_SECONDS = 90.0
"""So long nothing changes and nothing is at work: no more will come of what is there."""
SETTLE_SECONDS = 10.0
"""Before these the loop may not know yet of a file that has just landed."""
_AT_WORK = ("running", "registered")


class Waits(Reads, Protocol):
    """What waiting looks at: :class:`cli.loop.Loop`."""

    @property
    def batches(self) -> Sequence[BatchRecord]:
        """The ledger's batches."""
        ...

    @property
    def materialized(self) -> set[str]:
        """Ids of the batches whose features are online."""
        ...

    @property
    def runs(self) -> Sequence[Run]:
        """Retraining runs, oldest first."""
        ...

    @property
    def champion(self) -> Slot | None:
        """The slot that serves."""
        ...


def wait(
    loop: Waits,
    *,
    seconds: float,
    say: Callable[[str], None],
    why_rejected: Callable[[BatchRecord], str | None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Tell each change; True once a model serves and nothing is at work. False when the last run
    failed or was refused, when nothing changes any more, or after ``seconds``.
    """
    told: set[str] = set()
    begun = changed = clock()
    while True:
        lines = list(_lines(loop, why_rejected))
        for line in lines:
            if line not in told:
                say(line)
                told.add(line)
                changed = clock()
        runs = loop.runs
        at_work = any(run.status in _AT_WORK for run in runs) or any(
            batch.status in ("ingesting", "ingested") for batch in loop.batches
        )
        now = clock()
        if not at_work and runs and now - begun > SETTLE_SECONDS:
            return _ended(loop, runs[-1], say)
        if any("waits for approval" in line for line in lines):
            return True
        if not at_work and now - changed > QUIET_SECONDS:
            return _quiet(loop, say)
        if now - begun > seconds:
            say(f"Not done after {seconds / 60:.0f} minutes: ./ghosteam wait {loop.problem}")
            return False
        sleep(PAUSE)


def _lines(loop: Waits, why_rejected: Callable[[BatchRecord], str | None]) -> Iterator[str]:
    """What there is to tell now; a line that was told is not told again."""
    online = loop.materialized
    for batch in sorted(loop.batches, key=lambda one: one.received_at):
        file = batch.source.key.partition("/")[2]
        if batch.status in ("ingesting", "ingested"):
            yield f"{file}: being read and checked"
        elif batch.status == "rejected":
            why = why_rejected(batch)
            yield f"{file}: rejected{f': {why}' if why else ''}"
        else:
            bad = f", {batch.quarantined_rows:,} in quarantine" if batch.quarantined_rows else ""
            yield f"{file}: {batch.valid_rows:,} of {batch.rows:,} rows let in{bad}"
            if batch.batch_id in online:
                yield f"{file}: its features are online"
    readiness = loop.document(state_keys.READINESS)
    if readiness is not None and not loop.runs:
        yield from (f"no run yet: {reason}" for reason in readiness.reasons)
    for run in loop.runs[-1:]:
        yield f"run {run.run_id} was started by {run.reason.trigger}: {run.reason.detail}"
        lines, _ = state_of_run(loop, run.run_id, run)
        yield from lines


def _ended(loop: Waits, run: Run, say: Callable[[str], None]) -> bool:
    champion = loop.champion
    if champion is not None:
        say(f"Version {champion.version} serves: ./ghosteam predict {loop.problem} --file rows.csv")
    else:
        say(f"No model serves: the last run was {run.status}.")
    return champion is not None and run.status not in ("failed", "refused", "rolled_back")


def _quiet(loop: Waits, say: Callable[[str], None]) -> bool:
    if loop.champion is not None:
        say(f"Version {loop.champion.version} serves, and nothing is at work.")
        return True
    if not loop.batches:
        say(f"Nothing has landed: ./ghosteam drop {loop.problem} FILE")
    else:
        say("Nothing is at work. A run begins by itself when the data suffice.")
    for lost in loop.lost_messages():
        say(f"waiting in a dead-letter queue: {lost}; ./ghosteam redrive says why")
    return False
