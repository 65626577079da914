"""What the watches on features and on outcomes have in common: verdicts on record, and what is told
of a new one.
"""

from __future__ import annotations

from datetime import datetime

from ghosteam.aws.state import StateTable
from ghosteam.documents.drift_verdict import DriftVerdict
from ghosteam.documents.event import Event
from ghosteam.documents.keys import window_id
from ghosteam.documents.slot import Slot
from ghosteam.documents.state_keys import Key
from ghosteam.monitoring.verdicts import Verdict
from ghosteam.problem.spec import Problem

TOP_FEATURES = 5


def earlier_verdicts(
    state: StateTable,
    problem: Problem,
    key: Key[Verdict],
    *,
    end: datetime,
    version: str,
    back: int = 0,
) -> list[Verdict]:
    """Those on the same model that may still vote on the window that ends at ``end``, and of the
    ``back`` windows before it in any case.
    """
    watch = problem.watch
    since = (watch.window * max(watch.drift[1], back)).before(end)
    kept = state.between(problem.problem, key, since.isoformat(), end.isoformat())
    return [found.data for found in kept if found.data.model_version == version]


def drift_event(problem: str, champion: Slot, verdict: DriftVerdict) -> Event:
    """``features`` begins with what asks for somebody; the others that drifted explain it."""
    named = dict.fromkeys((*verdict.sustained_features, *verdict.drifted_features))
    return Event(
        "DriftDetected",
        problem,
        {
            "window_id": window_id(verdict.window_end),
            "window_start": verdict.window_start.isoformat(),
            "window_end": verdict.window_end.isoformat(),
            "as_of": verdict.window_end.isoformat(),
            "share": verdict.share,
            "features": ",".join([*named][:TOP_FEATURES]),
            "model_version": champion.version,
            "run_id": champion.run_id,
            "train_digest": champion.digests["train"],
        },
    )
