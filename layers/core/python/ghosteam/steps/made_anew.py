"""What a changed definition makes necessary is put on the queues where files of all days go: part
by part, so that whoever dies, or runs out of time, loses a part at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import batch_events, state_keys
from ghosteam.documents.batch import BatchRecord
from ghosteam.documents.change import Change
from ghosteam.documents.event import Event
from ghosteam.documents.rebuild import Rebuild, RebuildStep
from ghosteam.errors import Unfinished
from ghosteam.features.views import sources_of, views_of
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More


@dataclass(frozen=True)
class Publishing:
    """What publishing reads and writes. ``part``: batches that are put on the queues between two
    records of how far the work is.
    """

    state: StateTable
    artifacts: Objects
    bus: Bus
    part: int = 500


def steps_of(change: Change, problem: Problem) -> tuple[RebuildStep, ...]:
    """What is done with the batches of which data set, each batch once."""
    stages = [stage for stage in change.stages if stage.skipped is None]
    read = [stage.subject for stage in stages if stage.kind == "read"]
    validated = [stage.subject for stage in stages if stage.kind == "validate"]
    views = {view.name: view for view in views_of(problem)}
    rebuilt = [views[stage.subject] for stage in stages if stage.kind == "rebuild"]
    sources = dict.fromkeys(name for view in rebuilt for name in sources_of(problem, view))
    return (
        *(RebuildStep("read", name) for name in read),
        # What is read again is validated again by itself, and what is validated again is rebuilt.
        *(RebuildStep("validate", name) for name in validated if name not in read),
        *(RebuildStep("rebuild", name) for name in sources if name not in validated),
    )


def put_on_queues(
    problem: str, rebuild: Rebuild, publishing: Publishing, *, now: datetime, more: More
) -> bool:
    """Do what is left of a change's work. A repetition puts a part there again, which every step
    may meet. False: another change has taken its place, or another process has done it all.

    Raises:
        Unfinished: the turn was over before all of it was done.
    """
    ledger, state = BatchLedger(publishing.state), publishing.state
    while rebuild.steps:
        step = rebuild.steps[0]
        behind = ledger.all(problem, step.dataset, after=rebuild.after)
        part = list(islice(behind, publishing.part))
        publishing.bus.publish_all(_events(step, part))
        whole = len(part) < publishing.part
        moved = rebuild.past_step() if whole else rebuild.past(part[-1].batch_id)
        moved = replace(moved, moved_at=now)
        kept = state.amend(problem, state_keys.REBUILD, moved.or_further)
        if kept is None or not kept.is_same_work(rebuild):
            return False
        rebuild = kept
        if rebuild.steps and not more():
            raise Unfinished("Batches wait to be made anew", where={"problem": problem})
    return True


def _events(step: RebuildStep, batches: list[BatchRecord]) -> Iterator[Event]:
    for record in batches:
        if step.kind == "read":
            yield batch_events.read_again(record)
        elif step.kind == "validate":
            yield batch_events.ingested(record, record.source.key)
        # Those that count no more too: the rows may have been left alone since they did.
        elif record.had_rows:
            yield batch_events.validated(record)
