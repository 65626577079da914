"""Use case: bring the online store up to date after a batch began to count, or ceased to.

What is written follows from what counts now, and where follows from the rows of the batch. So
delivering an event twice, late or out of order leaves the same rows, and an unchanged row is not
written again. The work follows the batch: what else landed is read only where it says something of
the same events or keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ghosteam.aws.batches import BatchLedger
from ghosteam.aws.bus import Bus
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.event import Event
from ghosteam.documents.online_revision import OnlineRevision
from ghosteam.errors import Defect
from ghosteam.features.online import Written
from ghosteam.features.view_rows import view_named
from ghosteam.features.views import views_version
from ghosteam.problem.counted import as_counted
from ghosteam.problem.spec import Problem
from ghosteam.runtime.turns import More, without_end
from ghosteam.steps.materialize_lookups import Lookups
from ghosteam.steps.materialize_windows import Windows
from ghosteam.steps.windows_to_judge import tell_batch


def materialize_features(
    problem: Problem,
    dataset: str,
    batch_id: str,
    *,
    serving: Sequence[Problem] = (),
    state: StateTable,
    lake: Objects,
    online: Any,
    online_prefix: str,
    bus: Bus,
    now: datetime,
    more: More = without_end,
) -> Written:
    """Write and delete the online rows that depend on a validated batch, then publish
    FeaturesMaterialized.

    ``serving``: the problem as models that serve learned it, where that is otherwise: each has rows
    of its own as long as it is needed. ``online`` is a boto3 DynamoDB client that may be used by
    several threads. It does not matter whether the batch counts (now, or no longer): every batch
    that begins or ceases to count has an event of its own.

    Raises:
        Defect: the ledger knows no such batch.
        Unfinished: the turn was over before all windows of a version were made.
    """
    ledger = BatchLedger(state)
    batch = ledger.find(problem.problem, dataset, batch_id)
    if batch is None:
        raise Defect(
            "The ledger does not know this batch", where={"dataset": dataset, "batch_id": batch_id}
        )
    done, made = Written(), set[str]()
    for meant in (*serving, problem):  # What serves does not wait for what is being made.
        version = views_version(meant, dataset)
        if version is None or version in made:
            continue
        made.add(version)
        counted = as_counted(meant, dataset)
        if dataset in (counted.events_name, counted.labels_name):
            windows = Windows(counted, state, ledger, lake, online, online_prefix, now)
            done += windows.follow(batch, more)
        elif view := view_named(meant, dataset):
            done += Lookups(meant, view, ledger, lake, online, online_prefix, now).follow(batch)
    if batch.earlier:
        # Until this is on record, the rows that the batch had before may not be taken away.
        followed = OnlineRevision(batch_id, batch.revision)
        state.put(problem.problem, state_keys.online_revision(dataset, batch_id), followed)
    if dataset in (problem.events_name, problem.labels_name):
        tell_batch(state, batch)
    ids: dict[str, str | int | float | bool | None] = {
        "dataset": dataset,
        "batch_id": batch_id,
        "rows_written": done.written,
        "view_version": views_version(problem, dataset),
    }
    bus.publish(Event("FeaturesMaterialized", problem.problem, ids))
    return done
